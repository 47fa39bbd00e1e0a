"""Evaluation: metrics, controls, intervals, and the comparison that puts them side by side.

One file per idea; a new label metric registers in `METRICS`, a new label control in `CONTROLS`,
a new sign of degeneracy in `ALARMS`.
"""

from routelab.evaluate.alarms import ALARMS, Alarm, Evidence
from routelab.evaluate.bootstrap import Resampler, holm, interval, p_value
from routelab.evaluate.compare import compare
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.controls import (
    CONTROLS,
    dataset_oracle_choice,
    length_scores,
    oracle_choice,
    shuffled_values,
)
from routelab.evaluate.deferral import apgr, cpt, deferral_curve, pgr
from routelab.evaluate.hull import aiq, hull, mix_quality, random_at_cost
from routelab.evaluate.metrics import (
    METRICS,
    accuracy,
    confusion,
    macro_f1,
    spearman,
    within_one,
)
from routelab.evaluate.slices import slice_table

__all__ = [
    "ALARMS",
    "CONTROLS",
    "METRICS",
    "Alarm",
    "Comparison",
    "Evidence",
    "Resampler",
    "accuracy",
    "aiq",
    "apgr",
    "compare",
    "confusion",
    "cpt",
    "dataset_oracle_choice",
    "deferral_curve",
    "holm",
    "hull",
    "interval",
    "length_scores",
    "macro_f1",
    "mix_quality",
    "oracle_choice",
    "p_value",
    "pgr",
    "random_at_cost",
    "shuffled_values",
    "slice_table",
    "spearman",
    "within_one",
]
