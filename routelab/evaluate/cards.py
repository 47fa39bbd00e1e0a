"""Metric cards: what a figure is, where it comes from, and what it hides."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from routelab._checks import InputError, did_you_mean
from routelab.evaluate.arena import (
    arena_score,
    optimal_accuracy,
    optimal_cost,
    optimal_selection,
)
from routelab.evaluate.confidence import auroc, expected_calibration_error
from routelab.evaluate.controls import dataset_oracle_choice, oracle_choice, shuffled_values
from routelab.evaluate.deferral import apgr, deferral_curve, pgr
from routelab.evaluate.hull import aiq, hull, mix_quality
from routelab.evaluate.latency import chosen_latency
from routelab.evaluate.llmrouterbench import (
    cost_save,
    gain_at_best_single,
    gain_at_random,
    gap_at_oracle,
    pareto_dist,
    pareto_ratio,
    perf_gain,
)
from routelab.evaluate.metrics import (
    abstention,
    accuracy,
    confusion,
    macro_f1,
    robustness,
    spearman,
    weighted_kappa,
    within_one,
)
from routelab.evaluate.thresholds import cpt
from routelab.evaluate.tradeoff import audc, peak, qnc

LABELS = ("Formula", "Source", "Variants", "Range", "Hides")

_METRICS: tuple[Callable[..., Any], ...] = (
    accuracy,
    macro_f1,
    within_one,
    spearman,
    weighted_kappa,
    abstention,
    robustness,
    confusion,
    expected_calibration_error,
    auroc,
    deferral_curve,
    pgr,
    apgr,
    cpt,
    hull,
    aiq,
    mix_quality,
    oracle_choice,
    dataset_oracle_choice,
    shuffled_values,
    audc,
    qnc,
    peak,
    arena_score,
    optimal_selection,
    optimal_cost,
    optimal_accuracy,
    gain_at_random,
    gain_at_best_single,
    gap_at_oracle,
    perf_gain,
    cost_save,
    pareto_dist,
    pareto_ratio,
    chosen_latency,
)

#: Names of all metric functions; each has a card and is importable from `routelab.evaluate`.
METRIC_CARDS: tuple[str, ...] = tuple(function.__name__ for function in _METRICS)


@dataclass(frozen=True, slots=True)
class MetricCard:
    """What a reader must know about one figure.

    Attributes
    ----------
    name, summary : str
        The function and what it returns.
    formula, source, variants, range, hides : str
        How it is computed, who defined it, what else goes by the name, its ends, and what it does
        not tell.
    """

    name: str
    summary: str
    formula: str
    source: str
    variants: str
    range: str
    hides: str

    def __str__(self) -> str:
        lines = [f"{label + ':':<10}{getattr(self, label.lower())}" for label in LABELS]
        return "\n".join([f"{self.name}: {self.summary}", *lines])


def metric_card(name: str) -> MetricCard:
    """Return the card of a metric, read from the docstring of its function.

    Parameters
    ----------
    name : str
        One of `METRIC_CARDS`.

    Raises
    ------
    InputError
        For a name that is no metric.

    Examples
    --------
    >>> metric_card("pgr").formula
    '(r(R) - r(weak)) / (r(strong) - r(weak)).'
    """
    known = dict(zip(METRIC_CARDS, _METRICS, strict=True))
    if name not in known:
        raise InputError(
            f"unknown metric {name!r}{did_you_mean(name, known)}; known: {', '.join(sorted(known))}"
        )
    return parse_card(name, inspect.getdoc(known[name]) or "")


def parse_card(name: str, docstring: str) -> MetricCard:
    """Return the card in a numpydoc docstring: its summary and five labelled lines of its Notes.

    Raises
    ------
    InputError
        When there is no Notes section, or the labels are not the five in their order.

    Examples
    --------
    >>> doc = '''Return the mean.
    ...
    ... Notes
    ... -----
    ... Formula: sum / n.
    ... Source: standard.
    ... Variants: none.
    ... Range: any.
    ... Hides: the spread
    ...     of the values.
    ... '''
    >>> print(parse_card("mean", doc).hides)
    the spread of the values.
    """
    summary = " ".join(docstring.strip().split("\n\n")[0].split())
    notes = re.search(r"^Notes\n-+\n(.*?)(?=^\w[\w ]*\n-{3,}\n|\Z)", docstring, re.M | re.S)
    if notes is None:
        raise InputError(f"metric {name!r} has no card: its docstring lacks a section 'Notes'")
    parts = re.split(rf"^({'|'.join(LABELS)}):", notes[1], flags=re.M)
    labels, texts = parts[1::2], [" ".join(text.split()) for text in parts[2::2]]
    if tuple(labels) != LABELS or not all(texts):
        raise InputError(
            f"the card of metric {name!r} must hold {', '.join(LABELS)} in this order, "
            f"got {', '.join(labels) or 'none of them'}"
        )
    return MetricCard(name, summary, *texts)
