"""Why a request goes where it goes: the rule, the threshold or the score that decided."""

from __future__ import annotations

from typing import Any

from routelab.plan import Rule


def threshold_of(router: Any, answer: str | None) -> dict[str, Any] | None:
    """Return what an answer's score was held against; None where the largest score wins.

    Parameters
    ----------
    router : fitted router
    answer : str or None
        None: it abstained.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> router = make_router("centroid", threshold=0.4).fit(["a list", "a poem"], ["code", "art"])
    >>> threshold_of(router, "art")
    {'kind': 'abstain_below', 'value': 0.4}
    """
    if hasattr(router, "strong"):
        return {"kind": "strong_from", "strong": str(router.strong), "value": router.threshold}
    if hasattr(router, "thresholds_"):
        values = {str(route): float(value) for route, value in router.thresholds_.items()}
        if answer in values:
            return {"kind": "route_from", "value": values[answer]}
        return {"kind": "below_every_route", "values": values}
    if hasattr(router, "cuts_"):
        return {"kind": "cuts", "values": [float(cut) for cut in router.cuts_]}
    head = router.steps[-1][1] if hasattr(router, "steps") else router
    value = getattr(head, "threshold", None)
    if isinstance(value, int | float):
        return {"kind": "abstain_below", "value": float(value)}
    return None


def why(routed_by: str, number: int, rule: Rule | None, answer: str | None, plain: dict) -> str:
    """Return the reason as a sentence; it names no text of the request."""
    if routed_by == "rule":
        assert rule is not None
        return f"rule {number} of the plan matches: {_conditions(rule)}"
    if routed_by == "asked":
        return "no rule and no router decides: the model group that the request asked for"
    if routed_by == "default":
        return "no rule and no router decides, and the plan has no such model group: the default"
    against = plain.get("threshold")
    held = "" if against is None else f", held against {against['kind']}"
    if routed_by == "abstained":
        return f"the router abstains{held}: the default"
    score = plain.get("score")
    told = "" if score is None else f" with score {score:.3f}"
    return f"the router answers {answer!r}{told}{held}"


def _conditions(rule: Rule) -> str:
    given = rule.model_dump(exclude_none=True, exclude={"model"}, mode="json")
    return ", ".join(f"{name} {value!r}" for name, value in given.items()) or "every request"
