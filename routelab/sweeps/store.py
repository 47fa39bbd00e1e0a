"""Finished policies on disk: one small JSON file each, so that a killed sweep goes on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from routelab._checks import InputError, atomic_file
from routelab.sweeps.blocks import Metric


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one policy: its `metrics`, or the `error` that stopped it."""

    id: str
    metrics: Mapping[str, Metric] | None = None
    error: str | None = None


def result_file(out: Path, policy_id: str, run_key: str) -> Path:
    """Return where the result of a policy in a run (traffic, outages, seed, ...) stands."""
    return out / "policies" / f"{policy_id}.{run_key}.json"


def write_result(out: Path, run_key: str, result: Result) -> None:
    """Write a result; the file is there whole or not at all."""
    data: dict[str, Any] = {"id": result.id, "run": run_key}
    if result.metrics is None:
        data["error"] = result.error
    else:
        data["metrics"] = {name: _plain(metric) for name, metric in result.metrics.items()}
    with atomic_file(result_file(out, result.id, run_key)) as temporary:
        temporary.write_text(json.dumps(data, allow_nan=False), encoding="utf-8")


def read_results(out: Path, run_key: str, ids: Iterable[str]) -> dict[str, Result]:
    """Read the results of those policies that were finished in this run.

    Raises
    ------
    InputError
        A file is not what :func:`write_result` writes.
    """
    found = {}
    for policy_id in ids:
        path = result_file(out, policy_id, run_key)
        if path.is_file():
            try:
                found[policy_id] = _result(json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, KeyError, TypeError, AttributeError):
                raise InputError(
                    f"{path}: not the result of a policy; delete it to have it made again"
                ) from None
    return found


def _plain(metric: Metric) -> dict[str, Any]:
    return {
        "value": _finite(metric.value),
        "low": _finite(metric.low),
        "high": _finite(metric.high),
        "samples": [_finite(s) for s in metric.samples.tolist()],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _result(data: Mapping[str, Any]) -> Result:
    if "error" in data:
        return Result(data["id"], error=data["error"])
    metrics = {name: _metric(metric) for name, metric in data["metrics"].items()}
    return Result(data["id"], metrics)


def _metric(data: Mapping[str, Any]) -> Metric:
    value, low, high = (math.nan if data[k] is None else data[k] for k in ("value", "low", "high"))
    return Metric(value, low, high, np.array(data["samples"], float))
