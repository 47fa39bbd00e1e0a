"""Evaluation: metrics, controls, intervals, and the comparison that puts them side by side.

One file per idea; a new label metric registers in `METRICS`, a new label control in `CONTROLS`.
"""

from routelab.evaluate.bootstrap import Resampler, holm, interval, p_value
from routelab.evaluate.compare import compare
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.controls import CONTROLS, length_scores, oracle_choice, shuffled_values
from routelab.evaluate.deferral import apgr, cpt, deferral_curve, pgr
from routelab.evaluate.hull import aiq, hull, mix_quality
from routelab.evaluate.judge_noise import JudgeNoise, judge_error
from routelab.evaluate.leakage import (
    NearDuplicates,
    contaminated,
    duplicate_groups,
    near_duplicates,
)
from routelab.evaluate.ledger import SplitLedger
from routelab.evaluate.metrics import (
    METRICS,
    accuracy,
    confusion,
    macro_f1,
    spearman,
    within_one,
)
from routelab.evaluate.repeated_scores import ScoreNoise, score_noise
from routelab.evaluate.selection import selection_optimism
from routelab.evaluate.widening import Widened, widen

__all__ = [
    "CONTROLS",
    "METRICS",
    "Comparison",
    "JudgeNoise",
    "NearDuplicates",
    "Resampler",
    "ScoreNoise",
    "SplitLedger",
    "Widened",
    "accuracy",
    "aiq",
    "apgr",
    "compare",
    "confusion",
    "contaminated",
    "cpt",
    "deferral_curve",
    "duplicate_groups",
    "holm",
    "hull",
    "interval",
    "judge_error",
    "length_scores",
    "macro_f1",
    "mix_quality",
    "near_duplicates",
    "oracle_choice",
    "p_value",
    "pgr",
    "score_noise",
    "selection_optimism",
    "shuffled_values",
    "spearman",
    "widen",
    "within_one",
]
