"""Routers trained on outcomes, on real tables; one JSON line per table and router.

    python benchmarks/bench_outcomes.py --model FOLDER TABLE...

FOLDER is an ONNX encoder. Every router goes through `routelab.compare`, which adds its controls
(best single model, Zero router, cost-matched shuffle, oracle) and 95 % intervals of a paired
bootstrap. `lam` is 0: the router buys quality only.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings

import numpy as np

import routelab as rl

KINDS = ("outcome-knn", "outcome-linear", "outcome-boosted", "outcome-mf", "outcome-bt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("tables", nargs="+")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    encoder = rl.make_encoder(f"onnx:{given.model}")
    for path in given.tables:
        table = rl.read_outcomes(path)
        routers = {kind: rl.make_router(kind, encoder=encoder) for kind in KINDS}
        start = time.perf_counter()
        comparison = rl.compare(routers, table)
        seconds = time.perf_counter() - start
        known = np.nanmean(table.quality, axis=0)
        print(
            json.dumps(
                {
                    "table": table.name,
                    "prompts": len(table),
                    "models": len(table.models),
                    "best_single": round(float(known.max()), 4),
                    "seconds": round(seconds, 1),
                }
            )
        )
        for row in comparison.table.reset_index().to_dict("records"):
            print(json.dumps(row, default=str))
        print(json.dumps({"verdicts": comparison.verdicts}, default=str), flush=True)


if __name__ == "__main__":
    main()
