"""What routers said about one prompt, what the request costs and how long it takes: the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from routelab._html import table
from routelab.catalog import Model
from routelab.plots._style import short
from routelab.routers import answers_of
from routelab.routers._order import ordinal_scale
from routelab.ui._explore_why import Reasons, Standing

_NO_REASON = {
    "none": "gives no reasons",
    "nearest": "no example is near",
    "evidence": "no keyword was found",
}


@dataclass(frozen=True)
class Explored:
    """What the routers said about one prompt.

    Attributes
    ----------
    answers : dict of str to str or None
        Router to its answer; None where it abstains.
    scores : dict of str to dict of str to float
        Router to the score of each answer; empty where a router has none.
    standings : dict of str to Standing
        Router to the score of its answer and the margin to the second.
    reasons : dict of str to Reasons
        Router to the terms or examples that spoke for its answer.
    groups : dict of str to str or None
        Router to the plan's model group for its answer; None without a plan.
    costs : dict of str to float
        Model to USD.
    seconds : dict of str to float
        Model to seconds until the last token; NaN where the catalog does not know.
    chosen : tuple of str
        Models of the groups that were answered.
    input_tokens : int
        Estimated from the prompt's length.
    flips : list of (int, str, str)
        Loaded prompts that edits change: number from 1, before, after.
    label : str or None
        The right answer, where it is known.
    too_long : tuple of str
        Models whose context window does not hold the request.
    """

    answers: dict[str, str | None]
    scores: dict[str, dict[str, float]]
    standings: dict[str, Standing]
    reasons: dict[str, Reasons]
    groups: dict[str, str | None]
    costs: dict[str, float]
    seconds: dict[str, float]
    chosen: tuple[str, ...]
    input_tokens: int
    flips: list[tuple[int, str, str]] = field(default_factory=list)
    label: str | None = None
    too_long: tuple[str, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether nothing was asked: the prompt is empty."""
        return not self.input_tokens


def seconds_of(model: Model, output_tokens: int) -> float:
    """Return the seconds until the last token, by the catalog; NaN where it does not know.

    Examples
    --------
    >>> seconds_of(Model("m", "p", 1.0, 1.0, ttft_s=0.5, output_tokens_per_s=100.0), 200)
    2.5
    """
    if model.ttft_s is None or model.output_tokens_per_s is None:
        return float("nan")
    return model.ttft_s + output_tokens / model.output_tokens_per_s


def why(reasons: Reasons, *, shown: bool, examples_shown: bool) -> str:
    """Return reasons in words, not escaped.

    Parameters
    ----------
    reasons : Reasons
    shown : bool
        Whether words of the prompt may be shown.
    examples_shown : bool
        Whether examples may; without, their lengths are.

    Examples
    --------
    >>> why(Reasons("exact", (("word: prove", 0.42, "hard"),)), shown=True, examples_shown=True)
    'word: prove +0.42 → hard'
    """
    if reasons.near:
        return "; ".join(
            f"{cosine:.2f} {short(label)}: {_text(prompt, examples_shown)}"
            for prompt, label, cosine in reasons.near
        )
    rule = f"; {reasons.rule}" if reasons.rule else ""
    if reasons.terms and not shown:
        return f"words of a logged prompt are not shown{rule}"
    if reasons.method == "evidence":
        told = [f"{short(term)} {points:+g}" for term, points, _ in reasons.terms]
    else:
        told = [f"{short(term)} {push:+.2f} → {short(to)}" for term, push, to in reasons.terms]
    return ("; ".join(told) or _NO_REASON.get(reasons.method, "no single word matters")) + rule


def answers_table(
    result: Explored, *, plan: bool, labels: bool, shown: bool, examples_shown: bool
) -> str:
    """Return the answers as an HTML table: a row per router, every cell escaped.

    Parameters
    ----------
    result : Explored
    plan, labels : bool
        Whether there is a column for the model group, and labels to agree with.
    shown, examples_shown : bool
        As of :func:`why`.
    """
    rows = []
    for name, answer in result.answers.items():
        stands = result.standings[name]
        group = [result.groups[name] or "–"] if plan else []
        if result.blank:
            rows.append([name, *["–"] * (3 + plan), "nothing is asked"])
            continue
        told = why(result.reasons[name], shown=shown, examples_shown=examples_shown)
        score, margin = _number(stands.score, "no score"), _number(stands.margin, "–")
        mark = "" if result.label is None else "✓ " if answer == result.label else "✗ "
        rows.append([name, f"{mark}{answer or 'abstains'}", score, margin, *group, told])
    answered = "answer (✓ as labelled)" if labels else "answer"
    groups = ["model group"] if plan else []
    listed = table(["router", answered, "score", "margin", *groups, "why"], rows)
    return f'<div class="rl-answers">{listed}</div>'


def _text(prompt: str, shown: bool) -> str:
    return f"“{short(prompt, 50)}”" if shown else f"{len(prompt):,} characters"


def _number(value: float, missing: str) -> str:
    return missing if value != value else f"{value:.2f}"


def known_routes(routers: Mapping[str, Any], labels: pd.DataFrame | None) -> list[str]:
    """Return every route that a router may give or an example has, levels from low to high.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> router = make_router("centroid").fit(["sort a list", "write a poem"], ["code", "art"])
    >>> known_routes({"r": router}, pd.DataFrame({"prompt": ["hi"], "label": ["chat"]}))
    ['art', 'chat', 'code']
    """
    able = [router for router in routers.values() if hasattr(router, "classes_")]
    found = {str(answer) for router in able for answer in answers_of(router)}
    if labels is not None:
        found |= set(labels["label"].astype(str))
    return [str(name) for name in ordinal_scale(sorted(found)) or sorted(found)]


def likeliest(
    routes: list[str], scores: Mapping[str, Mapping[str, float]], count: int
) -> list[str]:
    """Return at most `count` routes, in their order: those with the best score of any router.

    Examples
    --------
    >>> likeliest(["a", "b", "c"], {"r": {"a": 0.1, "b": 0.2, "c": 0.7}}, 2)
    ['b', 'c']
    """
    best = {
        route: max((given.get(route, 0.0) for given in scores.values()), default=0.0)
        for route in routes
    }
    kept = set(sorted(routes, key=lambda route: -best[route])[:count])
    return [route for route in routes if route in kept]
