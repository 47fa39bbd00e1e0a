"""Which setting of a fitted router can be tuned, what it does to each prompt, how it is set."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.evaluate._ladder import Ladder, envelope
from routelab.routers._confidence import sure_answers
from routelab.routers.cost_thresholds import CostThresholds
from routelab.routers.outcome import choose
from routelab.routers.route_thresholds import RouteThresholds
from routelab.routers.strong_threshold import StrongThreshold


@dataclass(frozen=True, slots=True)
class Knob:
    """A setting of a router: its name, its ladder over the prompts, and a copy with it applied."""

    name: str
    ladder: Ladder
    apply: Callable[[float], Any]


def head_of(router: Any) -> Any:
    """Return the last step of a pipeline, or the router itself."""
    return router.steps[-1][1] if hasattr(router, "steps") else router


def check_router(router: Any) -> None:
    """Refuse what is not fitted, and what has fitted itself to a target of its own."""
    kind = type(head_of(router)).__name__
    if not hasattr(router, "predict"):
        raise InputError(f"a router is an estimator with predict, got {kind}")
    try:
        check_is_fitted(head_of(router))
    except NotFittedError as error:
        raise InputError(f"{kind} is not fitted: calibration tunes a fitted router") from error
    if isinstance(router, RouteThresholds):
        raise InputError(
            "RouteThresholds has fitted its thresholds to a target of its own: calibrate the "
            "router inside, or fit it with another level"
        )


def check_tunable(router: Any) -> None:
    """Refuse a router without a setting between dear and cheap answers."""
    kind = type(head_of(router)).__name__
    if hasattr(router, "predict_quality"):
        if "lam" not in router.get_params(deep=False):
            raise InputError(f"{kind} has no setting to tune: its lam follows from its budget")
        if getattr(router, "verifier", None) is not None:
            raise InputError(f"{kind} has no setting to tune: its verifier accepts or rejects")
    elif not hasattr(router, "predict_proba") or not hasattr(router, "classes_"):
        if not isinstance(router, CostThresholds):
            raise InputError(
                f"{kind} has no setting to tune: it gives neither qualities of models nor shares "
                "of answers"
            )


def answers_by_cost(router: Any) -> list[Any]:
    """Return the answers of a router among which a share of strong calls is counted."""
    return np.asarray(getattr(router, "models_", router.classes_)).tolist()


def knob_of(router: Any, prompts: list[str], strong: Any) -> Knob:
    """Return the setting between dear and cheap answers: lam, the last cut, or a threshold.

    Parameters
    ----------
    router : fitted estimator
    prompts : list of str, length n
    strong : label
        Of `answers_by_cost`; only a threshold asks for it.
    """
    if hasattr(router, "predict_quality"):
        return _lam(router, prompts)
    if isinstance(router, CostThresholds):
        return _cut(router, prompts, strong)
    return _threshold(router, prompts, strong)


def _lam(router: Any, prompts: list[str]) -> Knob:
    value = router.predict_quality(prompts)
    if hasattr(router, "delay"):
        value = value - router.delay()
    # A cascade pays every call up to its stop.
    cost = np.cumsum(router.cost_) if hasattr(router, "play") else router.cost_
    if np.isnan(cost).any():
        name = router.models_[int(np.isnan(cost).argmax())]
        raise InputError(
            f"'lam' weighs cost, but the router knows none of {str(name)!r}: fit it on outcomes "
            "with costs (OutcomeTable.with_costs)"
        )
    ladder = envelope(value, cost, choose(value, cost))

    def apply(lam: float) -> Any:
        tuned = copy.deepcopy(router)
        tuned.lam = lam
        return tuned

    return Knob("lam", ladder, apply)


def _cut(router: CostThresholds, prompts: list[str], strong: Any) -> Knob:
    """Tune the cut below the top tier; lower cuts stay, or give way where they lie above it."""
    if strong != router.classes_.tolist()[-1]:
        raise InputError(
            f"the last cut of CostThresholds is that of its top tier, "
            f"{router.classes_.tolist()[-1]!r}; 'strong' is {strong!r}"
        )
    score = router.expected_level(prompts)
    below = np.searchsorted(router.cuts_[:-1], score, side="right")
    top = np.full(len(score), len(router.classes_) - 1)
    ladder = Ladder(
        np.column_stack([top, below]), score[:, None], 0.0, float(len(router.levels_))
    )  # fmt: skip

    def apply(cut: float) -> Any:
        tuned = copy.deepcopy(router)
        tuned.cuts_ = np.append(np.minimum(router.cuts_[:-1], cut), cut)
        return tuned

    return Knob("last cut", ladder, apply)


def _threshold(router: Any, prompts: list[str], strong: Any) -> Knob:
    inner = router.router_ if isinstance(router, StrongThreshold) else router
    own = getattr(head_of(inner), "threshold", None)
    if own is not None and hasattr(head_of(inner), "abstain_label"):
        raise InputError(
            f"{type(head_of(inner)).__name__} abstains below threshold={own!r}, and an abstained "
            "prompt has no model: fit it without a threshold"
        )
    around = StrongThreshold.of_fitted(inner, strong, 0.5)
    score, other = around.scores(prompts)
    place = np.full(len(score), around.classes_.tolist().index(strong))
    ladder = Ladder(np.column_stack([place, other]), score[:, None], 0.0, 2.0)

    def apply(threshold: float) -> Any:
        return StrongThreshold.of_fitted(copy.deepcopy(inner), strong, threshold)

    return Knob("threshold", ladder, apply)


def abstaining_knob(router: Any, prompts: list[str]) -> tuple[Knob, np.ndarray]:
    """Return the threshold below which a router abstains, and its answers (n,) without one.

    The states of the ladder are 0 (answers) and 1 (abstains).
    """
    head = head_of(router)
    if not hasattr(head, "threshold") or not hasattr(head, "confidence"):
        raise InputError(
            f"{type(head).__name__} has no threshold on how sure it is, so its precision cannot "
            "be tuned: use centroid, knn, scoped or semantic-router-rule, or RouteThresholds"
        )

    def apply(threshold: float | None) -> Any:
        tuned = copy.deepcopy(router)
        head_of(tuned).threshold = threshold
        return tuned

    answers, sure = sure_answers(apply(None), prompts)
    states = np.tile([0, 1], (len(sure), 1))
    ladder = Ladder(states, sure.astype(float)[:, None], float(sure.min()), None)
    return Knob("abstain threshold", ladder, apply), answers
