"""How providers would answer: outage schedules, and what is known or assumed of each model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.plan import Deployment, Plan
from routelab.simulation.arrays import Provider
from routelab.simulation.provider import Answer, build_provider

if TYPE_CHECKING:
    from routelab.fits import Assumptions

ASSUMED_TTFT_S = 0.5
ASSUMED_TOKENS_PER_S = 60.0
ERROR_LATENCY_S = 0.3


def build_answers(
    plan: Plan,
    outages: pd.DataFrame | None,
    start: pd.Timestamp,
    notes: list[str],
    assumptions: Assumptions | None = None,
    *,
    output_length: Literal["low", "mid", "high"] = "mid",
) -> Provider:
    """Return how providers answer: by outages, by fitted assumptions, else by the catalog.

    Parameters
    ----------
    notes : list of str
        Sentences on what was assumed are added here.
    output_length : {"low", "mid", "high"}
        Which end of the fitted intervals of output length.
    """
    deployments = list(plan.deployments.values())
    base, per_output = _catalog_latency(plan, deployments)
    per_input, sigma, failing = (np.zeros(len(deployments)) for _ in range(3))
    factor = np.ones(len(deployments))
    fitted = np.zeros(len(deployments), bool)
    if assumptions is not None:
        known = assumptions.for_plan(plan)
        fitted = ~np.isnan(known.ttft_s) & ~np.isnan(known.s_per_output_token)
        base = np.where(fitted, known.ttft_s, base)
        per_output = np.where(fitted, known.s_per_output_token, per_output)
        per_input = np.where(fitted, np.nan_to_num(known.ttft_s_per_input_token), 0.0)
        sigma = np.where(fitted, np.nan_to_num(known.sigma), 0.0)
        lengths = {"low": "output_factor_low", "mid": "output_factor", "high": "output_factor_high"}
        factor = getattr(known, lengths[output_length])
        failing = np.nan_to_num(known.failure_probability)
        notes += assumptions.notes()
    rest = [d for d, done in zip(deployments, fitted, strict=True) if not done]
    notes += _catalog_notes(plan, rest)
    rules = [_outage_rules(plan.provider_of(d), d.model, outages, start) for d in deployments]
    if outages is not None:
        if not any(rules):
            notes.append("no outage touches a provider of this plan")
        empty = int((outages["end"] <= outages["start"]).sum())
        if empty:
            notes.append(f"{empty} outages end when or before they start: they have no effect")
    return build_provider(
        rules,
        latency_base=base,
        latency_per_output=per_output,
        latency_per_input=per_input,
        sigma=sigma,
        output_factor=factor,
        failure_probability=failing,
        hard_window=np.array([plan.model_of(d).context_window or 0 for d in deployments]),
        latency_of_error=ERROR_LATENCY_S,
    )


def logged_output_factor(
    assumptions: Assumptions | None, traffic: pd.DataFrame
) -> np.ndarray | float:
    """Return the output factor of the model that served each request in the log, NaN if unknown."""
    if assumptions is None:
        return 1.0
    return assumptions.output_factor_of_logged(traffic["model"])


def _catalog_latency(plan: Plan, deployments: list[Deployment]) -> tuple[np.ndarray, np.ndarray]:
    """Return seconds to the first token, and per output token."""
    models = [plan.model_of(d) for d in deployments]
    base = [ASSUMED_TTFT_S if m.ttft_s is None else m.ttft_s for m in models]
    per_output = [1.0 / (m.output_tokens_per_s or ASSUMED_TOKENS_PER_S) for m in models]
    return np.array(base), np.array(per_output)


def _catalog_notes(plan: Plan, deployments: list[Deployment]) -> list[str]:
    unknown, assumed = set(), set()
    for model in map(plan.model_of, deployments):
        if model.ttft_s is None or model.output_tokens_per_s is None:
            unknown.add(model.name)
        elif {"ttft_s", "output_tokens_per_s"} & set(model.assumed):
            assumed.add(model.name)
    notes = []
    if unknown:
        notes.append(
            f"the catalog has no latency for {', '.join(sorted(unknown))}: "
            f"{ASSUMED_TTFT_S} s and {ASSUMED_TOKENS_PER_S:.0f} tokens/s assumed"
        )
    if assumed:
        notes.append(
            f"the catalog's latencies of {', '.join(sorted(assumed))} are assumptions, not measured"
        )
    return notes


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
