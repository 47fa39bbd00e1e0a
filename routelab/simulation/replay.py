"""The result of a replay: one row per request, totals per day, and what was assumed."""

from __future__ import annotations

import html
import json
import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import atomic_folder
from routelab._words import dollars
from routelab.plan import Plan
from routelab.simulation.arrays import (
    A_DEPLOYMENT,
    A_REQUEST,
    A_STATUS,
    A_T,
    O_ATTEMPTS,
    O_CACHED,
    O_COST,
    O_FALLBACKS,
    O_FINISHED,
    O_GROUP,
    O_IN,
    O_KIND,
    O_LOST,
    O_OUT,
    O_REQUEST,
    O_RETRIES,
    O_SERVED,
    O_STATUS,
    O_T,
    Output,
)
from routelab.simulation.errors import NAMES, PLAN_BUDGET


@dataclass(frozen=True)
class Replay:
    """What would have happened.

    Attributes
    ----------
    plan : Plan
    decisions : DataFrame, one row per request
        Who asked, what was decided and why, what served it, at what cost and latency.
    daily : DataFrame, one row per local day
        ``requests``, ``served``, ``failed``, ``refused``, ``degraded``, ``spend_usd``, and USD per
        model.
    attempts : DataFrame, one row per attempt
        ``request_id``, ``timestamp``, ``deployment``, ``status`` (-408: timeout on the client's
        side).
    cooldowns : DataFrame
        ``timestamp``, ``deployment``, ``status``, ``seconds``.
    summary : dict
        Totals as plain numbers.
    notes : tuple of str
        Assumptions and what they touch.
    """

    plan: Plan
    decisions: pd.DataFrame
    daily: pd.DataFrame
    attempts: pd.DataFrame
    cooldowns: pd.DataFrame
    summary: dict[str, Any]
    notes: tuple[str, ...]

    def save(self, directory: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write ``decisions.parquet``, ``attempts.parquet``, ``cooldowns.parquet``.

        ``daily.csv`` and ``summary.json``.
        """
        with atomic_folder(directory, force=force) as folder:
            self.decisions.to_parquet(folder / "decisions.parquet", compression="zstd")
            self.attempts.to_parquet(folder / "attempts.parquet", compression="zstd")
            self.cooldowns.to_parquet(folder / "cooldowns.parquet", compression="zstd")
            self.daily.to_csv(folder / "daily.csv")
            report = {"summary": self.summary, "notes": list(self.notes)}
            (folder / "summary.json").write_text(json.dumps(report, indent=1), encoding="utf-8")

    def __str__(self) -> str:
        s = self.summary
        lines = [
            f"{s['requests']:,} requests from {s['start']} to {s['end']} under {self.plan.name!r}",
            f"spend      {dollars(s['spend_usd'])}, a day {dollars(s['spend_per_day_usd'])}",
        ]
        if s["logged_usd"] is not None:
            lines[-1] += f" (the log: {dollars(s['logged_usd'])})"
        shares = ", ".join(f"{m} {share:.1%}" for m, share in s["share_by_model"].items())
        lines += [
            f"share      {shares or 'nothing was served'}",
            f"failures   {s['failed']:,} ({s['failure_rate']:.2%}); refused by budgets "
            f"{s['refused']:,}; "
            f"degraded {s['degraded']:,}",
            f"attempts   {s['attempts']:,}; retries {s['retries']:,}; fallbacks "
            f"{s['fallbacks']:,}; "
            f"cooldowns {s['cooldowns']:,}",
            f"latency    median {_seconds(s['latency_p50_s'])}, 95th percentile "
            f"{_seconds(s['latency_p95_s'])}",
        ]
        lines += [
            f"{day}  {dollars(usd):>11}  {row.requests:>7,} requests  {row.failed:>6,} "
            f"failed  "
            f"{row.degraded:>6,} degraded"
            for (day, usd), row in zip(
                self.daily["spend_usd"].items(), self.daily.itertuples(), strict=True
            )
        ]
        return "\n".join(lines + [f"note: {note}" for note in self.notes])

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        title = html.escape(f"{self.plan.name}: {dollars(self.summary['spend_usd'])}")
        table = self.daily.to_html(escape=True, float_format=lambda v: f"{v:,.4g}")
        return f"<h4>{title}</h4>{table}<ul>{notes}</ul>"


def _seconds(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f} s"


def collect(
    plan: Plan,
    frame: pd.DataFrame,
    decided: pd.DataFrame,
    output: Output,
    notes: tuple[str, ...],
    seed: int,
    accounting: str,
) -> Replay:
    """Turn the kernel's tables into a :class:`Replay`."""
    decisions = _decisions(plan, frame, decided, output)
    zone = next((b.timezone for b in plan.budgets if b.is_calendar), "UTC")
    daily = _daily(decisions, zone)
    start = frame["timestamp"].iloc[0]
    ids = np.array(list(plan.deployments), object)

    def stamps(seconds: np.ndarray) -> pd.Series:
        return start + pd.to_timedelta(np.round(seconds * 1e6).astype(np.int64), unit="us")

    log, cool = output.attempt, output.cooldown
    attempts = pd.DataFrame(
        {
            "request_id": frame["request_id"].to_numpy()[log[:, A_REQUEST].astype(int)],
            "timestamp": stamps(log[:, A_T]),
            "deployment": ids[log[:, A_DEPLOYMENT].astype(int)],
            "status": log[:, A_STATUS].astype(np.int16),
        }
    )
    cooldowns = pd.DataFrame(
        {
            "timestamp": stamps(cool[:, 0]),
            "deployment": ids[cool[:, 1].astype(int)],
            "status": cool[:, 2].astype(np.int16),
            "seconds": cool[:, 3],
        }
    )
    summary = _summary(plan, frame, decisions, daily)
    summary |= {
        "cooldowns": len(cooldowns),
        "seed": seed,
        "accounting": accounting,
        "timezone": zone,
    }
    if summary["served"] == 0:
        most = decisions["error"].value_counts().index[0]
        notes += (f"nothing was served; most requests ended with {most}",)
    return Replay(plan, decisions, daily, attempts, cooldowns, summary, notes)


def _decisions(
    plan: Plan,
    frame: pd.DataFrame,
    decided: pd.DataFrame,
    output: Output,
) -> pd.DataFrame:
    rows, extra = output.done[: len(frame)], output.done[len(frame) :]
    groups = np.array([*plan.models, None], object)
    deployments = list(plan.deployments.values())
    ids = np.array([d.id for d in deployments] + [None], object)
    models = np.array([d.model for d in deployments] + [None], object)
    providers = np.array([plan.provider_of(d) for d in deployments] + [None], object)
    served = rows[:, O_SERVED].astype(int)  # -1 picks the None at the end
    after_budget = groups[rows[:, O_GROUP].astype(int)]
    kept = ["request_id", "timestamp", "user", "tier", "session_id"]
    result = frame[kept].copy()
    for name in ("route", "routed_by", "arm", "cache_hit"):
        result[name] = decided[name].to_numpy()
    result["asked"] = decided["group"].to_numpy()
    result["group"] = after_budget
    result["degraded"] = (after_budget != result["asked"].to_numpy()) & (rows[:, O_GROUP] >= 0)
    result["deployment"] = ids[served]
    result["model"] = models[served]
    result["provider"] = providers[served]
    result["status"] = rows[:, O_STATUS].astype(np.int16)
    result["error"] = np.array([*NAMES], object)[rows[:, O_KIND].astype(int)]
    result["attempts"] = rows[:, O_ATTEMPTS].astype(np.int32)
    result["retries"] = rows[:, O_RETRIES].astype(np.int32)
    result["fallbacks"] = rows[:, O_FALLBACKS].astype(np.int32)
    result["input_tokens"] = rows[:, O_IN].astype(np.int64)
    result["cached_input_tokens"] = rows[:, O_CACHED].astype(np.int64)
    result["output_tokens"] = rows[:, O_OUT].astype(np.int64)
    result["cost_usd"] = rows[:, O_COST]
    result["extra_usd"] = np.bincount(
        extra[:, O_REQUEST].astype(int), weights=extra[:, O_COST], minlength=len(frame)
    )
    result["lost_cache_usd"] = rows[:, O_LOST]
    result["latency_s"] = rows[:, O_FINISHED] - rows[:, O_T]
    texts = [
        "route",
        "routed_by",
        "arm",
        "asked",
        "group",
        "deployment",
        "model",
        "provider",
        "error",
    ]
    return result.astype(dict.fromkeys(texts, "string"))


def _daily(decisions: pd.DataFrame, zone: str) -> pd.DataFrame:
    day = decisions["timestamp"].dt.tz_convert(zone).dt.strftime("%Y-%m-%d").rename("day")
    served = decisions["model"].notna()
    refused = decisions["error"] == NAMES[PLAN_BUDGET]
    columns = pd.DataFrame(
        {
            "requests": 1,
            "served": served,
            "failed": ~served & ~refused,
            "refused": refused,
            "degraded": decisions["degraded"],
            "spend_usd": decisions["cost_usd"] + decisions["extra_usd"],
        }
    ).astype({"served": int, "failed": int, "refused": int, "degraded": int})
    totals = columns.groupby(day).sum()
    by_model = decisions.pivot_table(
        "cost_usd", index=day, columns="model", aggfunc="sum", observed=True
    )
    return totals.join(by_model.add_prefix("usd:").fillna(0.0))


def _routing(plan: Plan, decisions: pd.DataFrame) -> dict[str, Any]:
    """Return what the router was asked, what the decision cache answered, and USD for both."""
    asked = int(decisions["routed_by"].isin(["router", "abstained"]).sum())
    hits = int(decisions["cache_hit"].sum())
    price = 0.0 if plan.router is None else plan.router.usd_per_decision
    return {
        "cache_hits": hits,
        "cache_hit_rate": hits / asked if asked else None,
        "cache_saved_usd": hits * price,
        "router_usd": (asked - hits) * price,
    }


def _summary(
    plan: Plan, frame: pd.DataFrame, decisions: pd.DataFrame, daily: pd.DataFrame
) -> dict[str, Any]:
    served = decisions["model"].notna()
    refused = int(daily["refused"].sum())
    failed = int(daily["failed"].sum())
    latency = decisions["latency_s"][served]
    extra = math.fsum(decisions["extra_usd"])
    spend = math.fsum(decisions["cost_usd"]) + extra
    days = max(
        (frame["timestamp"].iloc[-1] - frame["timestamp"].iloc[0]).total_seconds() / 86400, 0
    )
    shares = decisions["model"][served].value_counts(normalize=True)
    logged = frame["cost_usd"].sum(min_count=1)
    single = {
        name: float(
            np.sum(
                plan.catalog.cost(
                    name,
                    decisions["input_tokens"].to_numpy(),
                    decisions["output_tokens"].to_numpy(),
                    np.minimum(
                        frame["cached_input_tokens"].to_numpy(float, na_value=0.0),
                        decisions["input_tokens"].to_numpy(),
                    ),
                )
            )
        )
        for name in plan.catalog.names
    }
    return {
        "plan": plan.name,
        "start": frame["timestamp"].iloc[0].isoformat(timespec="seconds"),
        "end": frame["timestamp"].iloc[-1].isoformat(timespec="seconds"),
        "requests": len(decisions),
        "served": int(served.sum()),
        "failed": failed,
        "failure_rate": failed / len(decisions),
        "refused": refused,
        "degraded": int(daily["degraded"].sum()),
        "spend_usd": spend,
        "spend_per_day_usd": spend / max(days, 1.0),
        "extra_usd": extra,
        "lost_cache_usd": math.fsum(decisions["lost_cache_usd"]),
        "logged_usd": None if pd.isna(logged) else float(logged),
        "served_by_one_model_usd": single,
        "share_by_model": {str(name): float(share) for name, share in shares.items()},
        "attempts": int(decisions["attempts"].sum()),
        "retries": int(decisions["retries"].sum()),
        "fallbacks": int(decisions["fallbacks"].sum()),
        **_routing(plan, decisions),
        "latency_p50_s": float(latency.median()) if len(latency) else None,
        "latency_p95_s": float(latency.quantile(0.95)) if len(latency) else None,
    }
