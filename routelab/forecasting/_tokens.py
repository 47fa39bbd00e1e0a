"""The tokens of every request of a replay, those that it refused included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.plan import Plan
from routelab.simulation import Replay
from routelab.traffic.schema import check_traffic


@dataclass(frozen=True, slots=True)
class Tokens:
    """Input, output and cached tokens, each float (n,); cached ones are part of the input."""

    input: np.ndarray
    output: np.ndarray
    cached: np.ndarray


def same_traffic(replay: Replay, traffic: pd.DataFrame) -> pd.DataFrame:
    """Return the traffic of a replay in its order.

    Raises
    ------
    InputError
        It is not the traffic that was replayed.
    """
    frame = check_traffic(traffic)
    ids = replay.decisions["request_id"].to_numpy(object)
    if len(frame) != len(ids) or (frame["request_id"].to_numpy(object) != ids).any():
        raise InputError(
            f"this is not the traffic of the replay: {len(frame)} requests from "
            f"{frame['request_id'].iloc[0] if len(frame) else 'none'!r} on, not {len(ids)} from "
            f"{ids[0]!r} on"
        )
    return frame


def tokens_of(replay: Replay, frame: pd.DataFrame, notes: list[str]) -> Tokens:
    """Return what the replay used for served requests, and the log's counts for the others."""
    served = replay.decisions["model"].notna().to_numpy(bool)
    found = {}
    for name in ("input_tokens", "output_tokens"):
        used = replay.decisions[name].to_numpy(float)
        logged = frame[name].to_numpy(float, na_value=np.nan)
        failed = frame["status"].to_numpy(np.int64) >= 400
        logged[failed & (logged == 0)] = np.nan  # a failed call reports no tokens
        values = np.where(served, used, logged)
        unknown = np.isnan(values)
        if unknown.any():
            typical = float(np.median(values[~unknown])) if (~unknown).any() else 0.0
            values[unknown] = typical
            notes.append(
                f"{int(unknown.sum()):,} requests have no {name} in the log and were not served: "
                f"{typical:.0f} assumed"
            )
        found[name] = values
    cached = frame["cached_input_tokens"].to_numpy(float, na_value=0.0)
    into = found["input_tokens"]
    return Tokens(into, found["output_tokens"], np.minimum(cached, into))


def group_costs(plan: Plan, tokens: Tokens, notes: list[str]) -> np.ndarray:
    """Return the cost (n, n_groups) of each request in each group's cheapest model, USD."""
    columns, differ = [], []
    for group, deployments in plan.models.items():
        models = sorted({deployment.model for deployment in deployments})
        costs = [
            plan.catalog.cost(model, tokens.input, tokens.output, tokens.cached) for model in models
        ]
        columns.append(np.min(costs, axis=0))
        if not np.allclose(costs, costs[0], rtol=1e-12, atol=0):
            differ.append(group)
    if differ:
        notes.append(f"of {', '.join(differ)}, the cheapest model of the group is taken")
    return np.stack(columns, axis=1)
