"""Compile now, so that the first replay and the first search do not wait for it.

``python -m routelab.simulation``
"""

from __future__ import annotations

import time

import pandas as pd

from routelab.plan import Plan
from routelab.routers import NeighborsHead
from routelab.simulation.simulate import simulate


def main() -> None:
    """Compile the simulator's kernel and the neighbour search, and say how long it took."""
    start = time.perf_counter()
    stamps = pd.date_range("2026-01-05", periods=2, freq="h", tz="UTC")
    traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 9, "output_tokens": 9})
    simulate(traffic, Plan(models={"a": "gpt-4o-mini"}, default="a"))
    NeighborsHead().fit([[1.0, 0.0], [0.0, 1.0]], [0, 1]).predict([[1.0, 0.0], [0.0, 1.0]])
    print(  # noqa: T201
        f"the kernel is compiled: {time.perf_counter() - start:.1f} s"
    )


if __name__ == "__main__":
    main()
