"""From traffic and a plan to a replay.

Names become numbers, the kernel runs, numbers become columns.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.decide import decide
from routelab.plan import Plan
from routelab.simulation.arrays import (
    P_INDEPENDENT,
    P_PROMPT_CACHE_TTL,
    PlanArrays,
    Provider,
    Trace,
)
from routelab.simulation.compile import compile_plan
from routelab.simulation.provider import Answer, build_provider
from routelab.simulation.replay import Replay, collect
from routelab.simulation.run import run
from routelab.simulation.trace import Survey, note_rows, ready, request_rows, survey

ASSUMED_TTFT_S = 0.5
ASSUMED_TOKENS_PER_S = 60.0
ERROR_LATENCY_S = 0.3


def simulate(
    traffic: pd.DataFrame,
    plan: Plan,
    *,
    outages: pd.DataFrame | None = None,
    accounting: str = "proxy",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    decisions: pd.DataFrame | None = None,
) -> Replay:
    """Replay a plan on logged traffic.

    Requests, attempts, retries, cooldowns, fallbacks and budgets happen in the order of the log's
    clock, with the semantics of the LiteLLM gateway. For a model that did not serve a request,
    tokens are those of the log and latency comes from the catalog; the replay's ``notes`` name each
    assumption.

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
    rows = request_rows(plan, frame, decisions["group"], known)
    notes += note_rows(plan, frame, rows, known)
    provider = build_answers(plan, outages, known.start, notes)
    output, _ = run(arrays, provider, Trace(rows), progress=progress)
    return collect(plan, frame, decisions, output, tuple(notes), seed, accounting)


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
    if plan.router is not None and not {"router", "abstained"} & set(counts.index):
        notes.append("no request carries a prompt, so the router was never asked")


def build_answers(
    plan: Plan, outages: pd.DataFrame | None, start: pd.Timestamp, notes: list[str]
) -> Provider:
    """Return how providers answer: outages, and latencies from the catalog."""
    deployments = list(plan.deployments.values())
    base, per_output, windows = [], [], []
    unknown, assumed = set(), set()
    for deployment in deployments:
        model = plan.model_of(deployment)
        if model.ttft_s is None or model.output_tokens_per_s is None:
            unknown.add(model.name)
        elif {"ttft_s", "output_tokens_per_s"} & set(model.assumed):
            assumed.add(model.name)
        base.append(ASSUMED_TTFT_S if model.ttft_s is None else model.ttft_s)
        per_output.append(1.0 / (model.output_tokens_per_s or ASSUMED_TOKENS_PER_S))
        windows.append(model.context_window or 0)
    if unknown:
        notes.append(
            f"the catalog has no latency for {', '.join(sorted(unknown))}: "
            f"{ASSUMED_TTFT_S} s and {ASSUMED_TOKENS_PER_S:.0f} tokens/s assumed"
        )
    if assumed:
        notes.append(
            f"the catalog's latencies of {', '.join(sorted(assumed))} are assumptions, not measured"
        )
    rules = [_outage_rules(plan.provider_of(d), d.model, outages, start) for d in deployments]
    if outages is not None and not any(rules):
        notes.append("no outage touches a provider of this plan")
    if outages is not None:
        empty = int((outages["end"] <= outages["start"]).sum())
        if empty:
            notes.append(f"{empty} outages end when or before they start: they have no effect")
    return build_provider(
        rules,
        latency_base=np.array(base),
        latency_per_output=np.array(per_output),
        hard_window=np.array(windows),
        latency_of_error=ERROR_LATENCY_S,
    )


def _outage_rules(
    provider: str, model: str, outages: pd.DataFrame | None, start: pd.Timestamp
) -> list[Answer]:
    if outages is None:
        return []
    missing = {"start", "end", "provider"} - set(outages.columns)
    if missing:
        raise InputError(f"an outage schedule needs the column {sorted(missing)[0]!r}")
    mine = outages["provider"] == provider
    if "model" in outages.columns:
        mine &= outages["model"].isna() | (outages["model"] == model)
    own = outages[mine]
    spans = [(own[name] - start).dt.total_seconds().tolist() for name in ("start", "end")]
    status = own["status"].tolist() if "status" in own.columns else [503] * len(own)
    share = own["probability"].tolist() if "probability" in own.columns else [1.0] * len(own)
    return [
        Answer(status=int(code), from_t=begin, to_t=end, probability=float(p))
        for begin, end, code, p in zip(*spans, status, share, strict=True)
    ]
