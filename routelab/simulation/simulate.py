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
    N_REQUEST,
    Q_CACHED,
    Q_GROUP,
    Q_IN,
    Q_KIND,
    Q_LATENCY,
    Q_MODEL,
    Q_OUT,
    Q_RETRIES,
    Q_STATUS,
    Q_T,
    Q_TIMEOUT,
    Provider,
    Trace,
)
from routelab.simulation.compile import Accounts, compile_plan, midnights
from routelab.simulation.errors import kind_of_status
from routelab.simulation.provider import Answer, build_provider
from routelab.simulation.replay import Replay, collect
from routelab.simulation.run import run
from routelab.traffic.schema import check_traffic

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
    frame = _ready(traffic, notes)
    decisions = decide(plan, frame) if decisions is None else _fitting(decisions, plan, frame)
    _note_routing(plan, decisions, notes)
    start, end = frame["timestamp"].iloc[0], frame["timestamp"].iloc[-1]
    zones = {b.timezone for b in plan.budgets if b.is_calendar}
    users, user_codes = _coded(frame["user"])
    edges = {zone: midnights(zone, start.to_pydatetime(), end.to_pydatetime()) for zone in zones}
    accounts = Accounts(users=users, edges=edges)
    start_s = start.second + start.microsecond / 1e6
    arrays = compile_plan(plan, accounts, accounting=accounting, seed=seed, start_s=start_s)
    rows = _requests(plan, frame, decisions, notes)
    trace = Trace(rows, _accounts(plan, frame, user_codes, notes))
    provider = _provider(plan, outages, start, notes)
    output, _ = run(arrays, provider, trace, progress=progress)
    return collect(plan, frame, decisions, output, tuple(notes), seed=seed, accounting=accounting)


def _ready(traffic: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    if len(traffic) == 0:
        raise InputError("there are no requests to simulate")
    frame = check_traffic(traffic)  # sorts by time, keeping the order of equal stamps
    back = int((traffic["timestamp"].diff() < pd.Timedelta(0)).sum())
    if back:
        notes.append(
            f"timestamps went back {back} times: sorted, keeping the order of equal stamps"
        )
    for column in ("input_tokens", "output_tokens"):
        missing = frame[column].isna() & (frame["status"] < 400)
        if missing.any():
            first = frame["request_id"].iloc[int(np.flatnonzero(missing)[0])]
            raise InputError(
                f"{int(missing.sum())} of {len(frame)} requests have no {column} (first: "
                f"{first!r}); "
                "a replay needs token counts: read the log with a column mapping (--columns)"
            )
    return frame


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


def _coded(values: pd.Series) -> tuple[list[str], np.ndarray]:
    codes, names = pd.factorize(values)
    return [str(name) for name in names], codes


def _accounts(
    plan: Plan, frame: pd.DataFrame, user_codes: np.ndarray, notes: list[str]
) -> np.ndarray:
    columns = []
    for budget in plan.budgets:
        if budget.scope == "plan":
            columns.append(np.zeros(len(frame), np.int64))
        elif budget.scope == "tier":
            mine = (frame["tier"] == budget.name).fillna(False).to_numpy(bool)
            if not mine.any():
                notes.append(f"no request is of tier {budget.name!r}, which has a budget")
            columns.append(np.where(mine, 0, -1).astype(np.int64))
        elif budget.scope == "user":
            unknown = int((user_codes < 0).sum())
            if unknown:
                notes.append(
                    f"{unknown:,} requests name no user: the budget per user does not see them"
                )
            columns.append(user_codes.astype(np.int64))
    if not columns:
        return np.zeros((len(frame), 0), np.int64)
    return np.ascontiguousarray(np.stack(columns, axis=1))


def _requests(
    plan: Plan, frame: pd.DataFrame, decisions: pd.DataFrame, notes: list[str]
) -> np.ndarray:
    """Return the trace's table (see ``arrays.Trace``)."""
    stamps = frame["timestamp"].astype("int64").to_numpy()  # microseconds
    status = frame["status"].to_numpy(np.int64)
    failed = status >= 400
    tokens = {}
    for column in ("input_tokens", "output_tokens"):
        tokens[column] = _known_tokens(frame[column], failed, plan.expected_output_tokens, notes)
    rows = np.zeros((len(frame), N_REQUEST))
    rows[:, Q_T] = (stamps - stamps[0]) / 1e6
    groups = {name: number for number, name in enumerate(plan.models)}
    rows[:, Q_GROUP] = decisions["group"].map(groups)
    cached = frame["cached_input_tokens"].to_numpy(float, na_value=0.0)
    rows[:, Q_IN] = tokens["input_tokens"]
    rows[:, Q_CACHED] = np.minimum(cached, rows[:, Q_IN])
    rows[:, Q_OUT] = tokens["output_tokens"]
    rows[:, Q_RETRIES] = -1
    rows[:, Q_TIMEOUT] = np.nan
    rows[:, Q_MODEL] = _logged_models(plan, frame["model"])
    rows[:, Q_LATENCY] = frame["latency_s"].to_numpy(float, na_value=np.nan)
    rows[:, Q_STATUS] = np.where(failed, status, 0)
    rows[:, Q_KIND] = [kind_of_status(int(s)) for s in rows[:, Q_STATUS]]
    sticky = int((failed & (rows[:, Q_MODEL] >= 0)).sum())
    if sticky:
        notes.append(f"{sticky:,} requests fail on the model on which they failed in the log")
    return rows


def _known_tokens(
    column: pd.Series, failed: np.ndarray, expected: int, notes: list[str]
) -> np.ndarray:
    """Fill the counts that a failed request does not have with the median of the others."""
    values = column.to_numpy(float, na_value=0.0)
    unknown = failed & (values == 0)
    if unknown.any():
        answered = values[~failed]
        typical = float(np.median(answered)) if answered.size else float(expected)
        values = np.where(unknown, typical, values)
        notes.append(
            f"{int(unknown.sum()):,} requests failed in the log without {column.name}: "
            f"{typical:.0f} assumed, were they served"
        )
    return values


def _logged_models(plan: Plan, logged: pd.Series) -> np.ndarray:
    """Return the number of the catalog model that served each request in the log, -1 for others."""
    numbers: dict[str, int] = {}
    for number, name in enumerate(plan.catalog.names):
        numbers[name] = number
        gateway_name = plan.catalog[name].litellm_model
        if gateway_name:
            numbers.setdefault(gateway_name, number)
    return logged.map(numbers).to_numpy(float, na_value=-1.0)


def _provider(
    plan: Plan, outages: pd.DataFrame | None, start: pd.Timestamp, notes: list[str]
) -> Provider:
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
