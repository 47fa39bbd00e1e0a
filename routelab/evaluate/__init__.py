"""Evaluation: metrics, controls, intervals, and the comparison that puts them side by side.

One file per idea; a new label metric registers in `METRICS`, a new label control in `CONTROLS`,
a new sign of degeneracy in `ALARMS`. Every metric is one function with a card in its docstring:
`metric_card` reads it.
"""

from routelab.evaluate.alarms import ALARMS, Alarm, Evidence
from routelab.evaluate.arena import (
    arena_score,
    optimal_accuracy,
    optimal_cost,
    optimal_selection,
)
from routelab.evaluate.bootstrap import Resampler, holm, interval, p_value
from routelab.evaluate.calibrate import calibrate
from routelab.evaluate.calibration import Calibration, TargetRefused
from routelab.evaluate.cards import METRIC_CARDS, MetricCard, metric_card
from routelab.evaluate.compare import compare
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.confidence import auroc, expected_calibration_error
from routelab.evaluate.controls import (
    CONTROLS,
    dataset_oracle_choice,
    length_scores,
    oracle_choice,
    shuffled_values,
)
from routelab.evaluate.deferral import apgr, deferral_curve, pgr
from routelab.evaluate.hull import aiq, hull, mix_quality, random_at_cost
from routelab.evaluate.judge_noise import JudgeNoise, judge_error
from routelab.evaluate.latency import ChosenLatency, chosen_latency
from routelab.evaluate.leakage import (
    NearDuplicates,
    contaminated,
    duplicate_groups,
    near_duplicates,
)
from routelab.evaluate.ledger import SplitLedger
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
    METRICS,
    abstention,
    accuracy,
    confusion,
    macro_f1,
    robustness,
    spearman,
    weighted_kappa,
    within_one,
)
from routelab.evaluate.repeated_scores import ScoreNoise, score_noise
from routelab.evaluate.selection import selection_optimism
from routelab.evaluate.slices import slice_table
from routelab.evaluate.thresholds import cpt
from routelab.evaluate.tradeoff import audc, peak, qnc
from routelab.evaluate.widening import Widened, widen

__all__ = [
    "ALARMS",
    "CONTROLS",
    "METRICS",
    "METRIC_CARDS",
    "Alarm",
    "Calibration",
    "ChosenLatency",
    "Comparison",
    "Evidence",
    "JudgeNoise",
    "MetricCard",
    "NearDuplicates",
    "Resampler",
    "ScoreNoise",
    "SplitLedger",
    "TargetRefused",
    "Widened",
    "abstention",
    "accuracy",
    "aiq",
    "apgr",
    "arena_score",
    "audc",
    "auroc",
    "calibrate",
    "chosen_latency",
    "compare",
    "confusion",
    "contaminated",
    "cost_save",
    "cpt",
    "dataset_oracle_choice",
    "deferral_curve",
    "duplicate_groups",
    "expected_calibration_error",
    "gain_at_best_single",
    "gain_at_random",
    "gap_at_oracle",
    "holm",
    "hull",
    "interval",
    "judge_error",
    "length_scores",
    "macro_f1",
    "metric_card",
    "mix_quality",
    "near_duplicates",
    "optimal_accuracy",
    "optimal_cost",
    "optimal_selection",
    "oracle_choice",
    "p_value",
    "pareto_dist",
    "pareto_ratio",
    "peak",
    "perf_gain",
    "pgr",
    "qnc",
    "random_at_cost",
    "robustness",
    "score_noise",
    "selection_optimism",
    "shuffled_values",
    "slice_table",
    "spearman",
    "weighted_kappa",
    "widen",
    "within_one",
]
