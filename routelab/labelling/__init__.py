"""Labels for prompts: by hand, by a judge, and how many are needed."""

from __future__ import annotations

from routelab.labelling.agreement import agreement, cohen_kappa, krippendorff_alpha
from routelab.labelling.judge import (
    Estimate,
    Judged,
    judge_labels,
    judge_pairwise,
    judge_scalar,
)
from routelab.labelling.judges import JudgeAgreement, judge_agreement
from routelab.labelling.planning import LabelPlan, accuracy_within, plan_accuracy, plan_labels
from routelab.labelling.session import LabelSession

__all__ = [
    "Estimate",
    "JudgeAgreement",
    "Judged",
    "LabelPlan",
    "LabelSession",
    "accuracy_within",
    "agreement",
    "cohen_kappa",
    "judge_agreement",
    "judge_labels",
    "judge_pairwise",
    "judge_scalar",
    "krippendorff_alpha",
    "plan_accuracy",
    "plan_labels",
]
