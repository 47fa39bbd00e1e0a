"""What a plan saves against something that the user names, with costs that are often left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.decide import decide
from routelab.forecasting._tokens import Tokens, same_traffic, tokens_of
from routelab.plan import Plan
from routelab.simulation import Replay, simulate

CLIENT_TIMEOUT = -408


def savings(
    replay: Replay,
    against: str | Plan | Replay,
    *,
    traffic: pd.DataFrame,
    outages: pd.DataFrame | None = None,
    router_usd_per_request: float | None = None,
) -> dict[str, Any]:
    """Return what a replay saved against a counterfactual, over the requests that both served.

    Parameters
    ----------
    replay : Replay
    against : str, Plan or Replay
        ``"log"``: what the log says that was paid. The name of a model group: every request goes to
        it first, without budgets. A plan, or its replay of the same traffic.
    traffic : DataFrame
        What was replayed.
    outages : DataFrame, optional
        Those of the replay; a counterfactual that is replayed here meets them, too.
    router_usd_per_request : float, optional
        What it costs to ask the router once (an encoder's call, say); default: the plan's
        ``router.usd_per_decision``. Answers of the decision cache cost nothing.

    Returns
    -------
    dict
        ``plan_usd`` and ``counterfactual_usd`` over the ``compared`` requests, with all extras;
        ``savings_usd``, ``savings_share``; the extras of each side, ``router_usd``, ``retry_usd``,
        ``lost_cache_usd`` and ``counterfactual_...``; ``only_plan`` and ``only_counterfactual``,
        requests that one side alone served, which are in no sum of answers; ``notes``.

    Raises
    ------
    InputError
        No such group, other traffic, or a log without costs.

    Notes
    -----
    A replay books the answers that came. On top of them:

    - Retries: an attempt that the client gave up (timeout) had sent its prompt, so its input tokens
      are charged at the full price of that deployment. Attempts that failed with an error are free.
    - The router: every question to it that the decision cache did not answer.

    Lost cache is part of the answers' cost already: in a replay, a session that changes its model
    within ``plan.prompt_cache_ttl_s`` pays the full price for what the log saw cached. Mirrors and
    the losers of hedges are part of it, too.

    For the log, its own costs are taken as they are, with nothing on top.

    Examples
    --------
    >>> stamps = pd.date_range("2026-01-05", periods=3, freq="h", tz="UTC")
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 10_000, "output_tokens": 0})
    >>> plan = Plan(models={"strong": "gpt-4o", "cheap": "gpt-4o-mini"}, default="cheap")
    >>> found = savings(simulate(traffic, plan), "strong", traffic=traffic)
    >>> round(found["savings_usd"], 4), round(found["savings_share"], 2)  # 30,000 x (2.50 - 0.15)
    (0.0705, 0.94)
    """
    frame = same_traffic(replay, traffic)
    notes: list[str] = []
    own = _bill(replay, frame, router_usd_per_request, notes)
    told, other = _counterfactual(replay, against, frame, outages, router_usd_per_request, notes)
    both = own["served"] & other["served"]
    plan_usd = float(own["answers"][both].sum()) + _extras(own, both)
    other_usd = float(other["answers"][both].sum()) + _extras(other, both)
    result: dict[str, Any] = {
        "against": told,
        "compared": int(both.sum()),
        "plan_usd": plan_usd,
        "counterfactual_usd": other_usd,
        "savings_usd": other_usd - plan_usd,
        "savings_share": (other_usd - plan_usd) / other_usd if other_usd else None,
    }
    for name in ("router", "retry", "lost_cache"):
        result[f"{name}_usd"] = float(own[name][both].sum())
        result[f"counterfactual_{name}_usd"] = float(other[name][both].sum())
    result["only_plan"] = int((own["served"] & ~other["served"]).sum())
    result["only_counterfactual"] = int((other["served"] & ~own["served"]).sum())
    result["notes"] = notes
    return result


def _extras(bill: dict[str, np.ndarray], rows: np.ndarray) -> float:
    return float(sum(bill[name][rows].sum() for name in ("router", "retry")))


def _counterfactual(
    replay: Replay,
    against: str | Plan | Replay,
    frame: pd.DataFrame,
    outages: pd.DataFrame | None,
    router_usd: float | None,
    notes: list[str],
) -> tuple[str, dict[str, np.ndarray]]:
    if isinstance(against, Replay):
        same_traffic(against, frame)
        return f"replay of {against.plan.name!r}", _bill(against, frame, router_usd, notes)
    if isinstance(against, str) and against == "log":
        return "log", _log_bill(frame, notes)
    luck = {"seed": replay.summary["seed"], "accounting": replay.summary["accounting"]}
    if isinstance(against, Plan):
        other = simulate(frame, against, outages=outages, **luck)
        return f"plan {against.name!r}", _bill(other, frame, router_usd, notes)
    plan = replay.plan
    if against not in plan.models:
        near = did_you_mean(against, [*plan.models, "log"])
        raise InputError(
            f"there is no model group {against!r}{near}: savings are against "
            f"{', '.join(plan.models)}, 'log', a plan or a replay"
        )
    plain = plan.replace(
        default=against, router=None, rules=(), split=None, decision_cache=None, budgets=()
    )
    decided = decide(plain, frame)
    decided["group"] = against  # also those that ask for another group by name
    notes.append(f"the counterfactual sends every request to {against} first, without budgets")
    other = simulate(frame, plain, outages=outages, decisions=decided, **luck)
    return f"group {against!r}", _bill(other, frame, None, None)


def _log_bill(frame: pd.DataFrame, notes: list[str]) -> dict[str, np.ndarray]:
    cost = frame["cost_usd"].to_numpy(float, na_value=np.nan)
    answered = frame["status"].to_numpy(np.int64) < 400
    if not (answered & ~np.isnan(cost)).any():
        raise InputError("the log states no costs: compare with a model group or a plan instead")
    unknown = int((answered & np.isnan(cost)).sum())
    if unknown:
        notes.append(f"{unknown:,} answered requests have no cost in the log: not compared")
    nothing = np.zeros(len(frame))
    served = answered & ~np.isnan(cost)
    extras = {"router": nothing, "retry": nothing, "lost_cache": nothing}
    return {"served": served, "answers": np.where(served, cost, 0.0), **extras}


def _bill(
    replay: Replay, frame: pd.DataFrame, router_usd: float | None, notes: list[str] | None
) -> dict[str, np.ndarray]:
    """Return what each request cost: the answer and what came on top, each (n,)."""
    said = [] if notes is None else notes
    decisions = replay.decisions
    tokens = tokens_of(replay, frame, [])
    routed = decisions["routed_by"].isin(["router", "abstained"])
    asked = (routed & ~decisions["cache_hit"]).to_numpy(bool)
    if router_usd is None and replay.plan.router is not None:
        router_usd = replay.plan.router.usd_per_decision
    told = "the router's own cost was not given: 0 is taken"
    if asked.any() and not router_usd and told not in said:
        said.append(told)
    return {
        "served": decisions["model"].notna().to_numpy(bool),
        "answers": (decisions["cost_usd"] + decisions["extra_usd"]).to_numpy(float),
        "router": asked * (router_usd or 0.0),
        "retry": _given_up(replay, tokens),
        "lost_cache": decisions["lost_cache_usd"].to_numpy(float),
    }


def _given_up(replay: Replay, tokens: Tokens) -> np.ndarray:
    """Return the input cost of attempts that ended in a timeout on the client's side, (n,)."""
    attempts = replay.attempts[replay.attempts["status"] == CLIENT_TIMEOUT]
    cost = np.zeros(len(replay.decisions))
    row = pd.Series(np.arange(len(cost)), index=replay.decisions["request_id"].to_numpy(object))
    if attempts.empty:
        return cost
    if row.index.has_duplicates:
        raise InputError("request ids are not unique, so attempts cannot be told apart")
    rows = row.loc[attempts["request_id"].to_numpy(object)].to_numpy()
    catalog, deployments = replay.plan.catalog, replay.plan.deployments
    price = attempts["deployment"].map(
        {d: catalog[spec.model].input_usd_per_mtok / 1e6 for d, spec in deployments.items()}
    )
    np.add.at(cost, rows, tokens.input[rows] * price.to_numpy(float))
    return cost
