"""From traffic and a plan to a replay.

Names become numbers, the kernel runs, numbers become columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from routelab._checks import InputError
from routelab.decide import decide
from routelab.plan import Plan
from routelab.simulation.answers import build_answers, logged_output_factor
from routelab.simulation.arrays import (
    O_COST,
    P_INDEPENDENT,
    P_PROMPT_CACHE_TTL,
    PlanArrays,
    Trace,
)
from routelab.simulation.compile import compile_plan
from routelab.simulation.replay import Replay, collect
from routelab.simulation.run import run
from routelab.simulation.trace import Survey, note_rows, ready, request_rows, survey

if TYPE_CHECKING:
    from routelab.fits import Assumptions


def simulate(
    traffic: pd.DataFrame,
    plan: Plan,
    *,
    outages: pd.DataFrame | None = None,
    accounting: str = "proxy",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    decisions: pd.DataFrame | None = None,
    assumptions: Assumptions | None = None,
) -> Replay:
    """Replay a plan on logged traffic.

    Requests, attempts, retries, cooldowns, fallbacks and budgets happen in the order of the log's
    clock, with the semantics of the LiteLLM gateway. For a model that did not serve a request,
    tokens, latency and failures come from `assumptions` where these know it, else tokens are those
    of the log and latency comes from the catalog; the replay's ``notes`` name each source.

    Parameters
    ----------
    traffic : DataFrame
        Requests in the traffic schema, from :func:`routelab.read_log`.
    plan : Plan
    outages : DataFrame, optional
        ``start``, ``end`` (UTC), ``provider``, optional ``model``, ``status``, ``probability``,
        from :func:`routelab.read_outages`.
    accounting : {"proxy", "sdk"}
        Whose failures reach the breaker: the first of each request, or all.
    seed : int
        Of every draw. Draws are keyed by request, so two plans meet the same luck.
    progress : callable, optional
        Called with (requests done, requests in all).
    decisions : DataFrame, optional
        What :func:`routelab.decide.decide` returned for this traffic in order of time. Budgets,
        fallbacks and prices do not enter it, so plans that differ in these alone can share it.
    assumptions : Assumptions, optional
        Models of latency, verbosity and failures fitted on a log
        (:meth:`routelab.Assumptions.fit`). With a verbosity, the summary has ``spend_low_usd``
        and ``spend_high_usd``: all output lengths at the ends of their 95 % intervals.

    Raises
    ------
    InputError
        No requests, requests without token counts, or decisions of other traffic or groups.

    Examples
    --------
    >>> import pandas as pd
    >>> from routelab import Plan
    >>> stamps = pd.to_datetime(["2026-01-05", "2026-01-06"], utc=True)
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 1000, "output_tokens": 100})
    >>> replay = simulate(traffic, Plan(models={"cheap": "gpt-4o-mini"}, default="cheap"))
    >>> round(replay.summary["spend_usd"], 6)
    0.00042
    """
    notes: list[str] = []
    frame = ready(traffic, notes)
    decisions = decide(plan, frame) if decisions is None else _fitting(decisions, plan, frame)
    _note_routing(plan, decisions, notes)
    known = survey(plan, [frame])
    arrays = plan_arrays(plan, known, accounting=accounting, seed=seed)
    factor = logged_output_factor(assumptions, frame)
    rows = request_rows(plan, frame, decisions["group"], known, output_factor=factor)
    notes += note_rows(plan, frame, rows, known)
    provider = build_answers(plan, outages, known.start, notes, assumptions)
    output, _ = run(arrays, provider, Trace(rows), progress=progress)
    replay = collect(plan, frame, decisions, output, tuple(notes), seed, accounting)
    if assumptions is not None and assumptions.verbosity is not None:
        for end in ("low", "high"):
            other = build_answers(plan, outages, known.start, [], assumptions, output_length=end)
            done = run(arrays, other, Trace(rows))[0].done
            replay.summary[f"spend_{end}_usd"] = math.fsum(done[:, O_COST])
    return replay


def plan_arrays(plan: Plan, known: Survey, *, accounting: str, seed: int) -> PlanArrays:
    """Compile a plan for the traffic that was surveyed."""
    start_s = known.start.second + known.start.microsecond / 1e6
    arrays = compile_plan(
        plan, known.calendars(plan), accounting=accounting, seed=seed, start_s=start_s
    )
    if not known.has_sessions:
        arrays.setting[P_PROMPT_CACHE_TTL] = 0.0
    elif plan.prompt_cache_ttl_s is not None:
        arrays.setting[P_INDEPENDENT] = 0.0  # the order of ends decides who was there last
    return arrays


def _fitting(decisions: pd.DataFrame, plan: Plan, frame: pd.DataFrame) -> pd.DataFrame:
    if len(decisions) != len(frame):
        raise InputError(f"{len(decisions)} decisions were given for {len(frame)} requests")
    unknown = sorted(set(decisions["group"].unique()) - set(plan.models))
    if unknown:
        raise InputError(f"the decisions name {unknown[0]!r}, which is no model group of the plan")
    return decisions


def _note_routing(plan: Plan, decisions: pd.DataFrame, notes: list[str]) -> None:
    counts = decisions["routed_by"].value_counts()
    told = ", ".join(f"{by} {n:,}" for by, n in counts.items())
    notes.append(f"first model group decided by: {told}")
    notes += note_unasked(plan, decisions)


def note_unasked(plan: Plan, decisions: pd.DataFrame) -> list[str]:
    """Say so where a plan has a router and no request is one for it."""
    if plan.router is None or {"router", "abstained"} & {*decisions["routed_by"].unique()}:
        return []
    return ["no request carries a prompt, so the router was never asked"]
