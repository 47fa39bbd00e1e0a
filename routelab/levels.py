"""Levels of complexity from outcomes: the cheapest model that answers a prompt well."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from routelab._checks import InputError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from routelab.outcomes import OutcomeTable

#: Label of a prompt that no model answers well, where it is not given to the dearest.
NONE = "none"


def levels_from_outcomes(
    outcomes: OutcomeTable,
    good: float = 0.5,
    *,
    models: Iterable[str] | None = None,
    unanswered: str = "dearest",
) -> pd.DataFrame:
    """Label each prompt with the cheapest model that answers it well.

    Parameters
    ----------
    outcomes : OutcomeTable
        What every model did on every prompt.
    good : float, default 0.5
        A quality of at least this much is a good answer, on the scale of the table.
    models : iterable of str, optional
        From cheap to dear; models that are not named are left out. Default: all, by their mean
        cost over the prompts where the costs of all are known.
    unanswered : {"dearest", "none", "drop"}, default "dearest"
        What a prompt becomes that every model was tried on and none answers well: the level of
        the dearest model, the level "none" above all models, or no row.

    Returns
    -------
    DataFrame of shape (n_prompts, 2)
        `prompt` and `label` (a model, or "none"). ``attrs["order"]`` are the levels that occur,
        from low to high; ``attrs["report"]`` counts the prompts: `prompts`, `labelled`,
        `unanswered`, `unknown` (left out); ``attrs["notes"]`` says the same in words. The index
        is the row in the table.

    Raises
    ------
    InputError
        A cost that decides the order is unknown, a model is unknown or named twice, or no prompt
        can be labelled.

    Notes
    -----
    A missing outcome is not a bad answer. Where a model cheaper than the first good one was not
    tried, it may have been good as well, so the level is unknown; so it is where no model was good
    and one was not tried. Such prompts are left out and counted.

    Examples
    --------
    >>> from routelab import OutcomeTable
    >>> table = OutcomeTable(["1+1", "prove it", "?"], ["small", "large"],
    ...     [[1, 1], [0, 1], [np.nan, 1]], [[0.001, 0.02]] * 3)
    >>> levels = levels_from_outcomes(table)
    >>> levels.label.tolist(), levels.attrs["report"]["unknown"]
    (['small', 'large'], 1)
    """
    import pandas as pd

    if not np.isfinite(good):
        raise InputError(f"'good' must be a quality, got {good!r}")
    if unanswered not in ("dearest", "none", "drop"):
        raise InputError(f"'unanswered' must be 'dearest', 'none' or 'drop', got {unanswered!r}")
    names = _by_cost(outcomes) if models is None else _named(outcomes, models)
    if NONE in names and unanswered == "none":
        raise InputError(f"a model is called {NONE!r}: choose unanswered='dearest' or 'drop'")
    quality = outcomes.quality[:, [outcomes.models.index(name) for name in names]]
    first, unknown, failed = _first_good(quality, good)
    scale = [*names, NONE]
    place = np.where(failed, len(names) if unanswered == "none" else len(names) - 1, first)
    kept = ~unknown & ~(failed & (unanswered == "drop"))
    if not kept.any():
        raise InputError(
            f"no prompt can be labelled: of {len(quality)}, {int(unknown.sum())} miss an outcome "
            f"that decides and {int(failed.sum())} have no good answer"
        )
    rows = np.flatnonzero(kept)
    frame = pd.DataFrame(
        {
            "prompt": [outcomes.prompts[row] for row in rows],
            "label": [scale[level] for level in place[rows]],
        },
        index=rows,
    )
    report = {
        "prompts": len(quality),
        "labelled": len(rows),
        "unanswered": int(failed.sum()),
        "unknown": int(unknown.sum()),
    }
    frame.attrs["order"] = [scale[level] for level in np.unique(place[rows])]
    frame.attrs["label"] = "cheapest good model"
    frame.attrs["report"] = report
    frame.attrs["notes"] = _notes(report, unanswered, names[-1])
    return frame


def _first_good(quality: np.ndarray, good: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the first good column, whether it is unknown, and whether none is good (n,) each.

    Examples
    --------
    >>> first, unknown, failed = _first_good(np.array([[0.0, 1.0], [0.0, 0.0], [np.nan, 1.0]]), 0.5)
    >>> first.tolist(), unknown.tolist(), failed.tolist()
    ([1, 0, 1], [False, False, True], [False, True, False])
    """
    answered = quality >= good  # a missing outcome is no good answer, and no bad one either
    first = answered.argmax(axis=1)
    any_good = answered.any(axis=1)
    reached = np.where(any_good, first, quality.shape[1])
    before = np.arange(quality.shape[1])[None, :] < reached[:, None]
    unknown = (np.isnan(quality) & before).any(axis=1)
    return first, unknown, ~any_good & ~unknown


def _by_cost(outcomes: OutcomeTable) -> list[str]:
    known = ~np.isnan(outcomes.cost).any(axis=1)
    if not known.any():
        raise InputError(
            "the order of the models by cost is unknown: no prompt has the costs of all; "
            "give 'models' from cheap to dear, or add prices with with_costs"
        )
    mean = outcomes.cost[known].mean(axis=0)
    return [outcomes.models[column] for column in np.argsort(mean, kind="stable")]


def _named(outcomes: OutcomeTable, models: Iterable[str]) -> list[str]:
    names = list(models)
    for index, name in enumerate(names):
        if name not in outcomes.models:
            raise InputError(
                f"model {name!r} is not in the outcomes{did_you_mean(name, outcomes.models)}"
            )
        if name in names[:index]:
            raise InputError(f"model {name!r} is named twice, at index {index}")
    if not names:
        raise InputError("'models' must name at least one model")
    return names


def _notes(report: dict[str, int], unanswered: str, dearest: str) -> list[str]:
    notes = []
    if report["unknown"]:
        notes.append(
            f"{report['unknown']} of {report['prompts']} prompts left out: an outcome that decides "
            "is missing"
        )
    if report["unanswered"]:
        became = {"dearest": f"labelled {dearest!r}", "none": f"labelled {NONE!r}",
                  "drop": "left out"}[unanswered]  # fmt: skip
        notes.append(
            f"{report['unanswered']} of {report['prompts']} prompts have no good answer: {became}"
        )
    return notes
