"""The one entry: routers side by side, on labels or on outcomes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.evaluate._labels import compare_labels
from routelab.evaluate._leaks import not_listed
from routelab.evaluate._outcomes import compare_outcomes
from routelab.evaluate._run import Setting
from routelab.evaluate.comparison import Comparison
from routelab.evaluate.judge_noise import JudgeNoise
from routelab.routers import make_router


def compare(
    routers: Mapping[str, Any] | Sequence[str] | str,
    data: Any,
    *,
    test: Any = None,
    cv: int = 5,
    seed: int = 0,
    n_boot: int = 2000,
    encoder: Any = "tfidf",
    refit: bool = True,
    slices: Mapping[str, Sequence[Any]] | None = None,
    worthwhile: float | None = None,
    groups: Sequence[Any] | Literal["near"] | None = None,
    exclude: Sequence[Any] | str | os.PathLike[str] = (),
    judge: JudgeNoise | None = None,
    progress: Callable[[int, int, str], Any] | None = None,
) -> Comparison:
    """Compare routers with controls, intervals and a verdict.

    Parameters
    ----------
    routers : dict of str to estimator, or list of str
        Routers by name, or router kinds made with `encoder`. They are not changed: copies are
        fitted, so a fitted router may be given and is never judged on what it has learnt from.
    data : DataFrame or OutcomeTable
        Prompts with labels (columns `prompt`, `label`, optionally `group`), or outcomes per model.
    test : same type as `data`, or str, optional
        With it, routers learn from `data` and are asked `test`; without, they are cross-validated
        on `data`. The same text never stands on both sides of a fold. A string names a part of
        the column `split` that is judged; the part "train" is learnt from, or where there is none
        all other rows.
    cv : int, default 5
        Folds, when there is no `test`.
    seed : int, default 0
        Of folds, random control and bootstrap.
    n_boot : int, default 2000
        Paired bootstrap resamples, over prompts; a group or repeated text is kept whole.
    encoder : str or transformer, default "tfidf"
        For kinds given by name.
    refit : bool, default True
        False asks fitted routers as they are (for one loaded from a bundle); whether they have
        seen the prompts is then for the caller to know.
    slices : dict of str to sequence, optional
        Facts about each judged prompt, such as its language, by which results are split. Thirds
        by length, and data sets where outcomes name them, are always shown.
    worthwhile : float, optional
        The smallest gain worth having, in the unit of the figure that decides (accuracy, APGR or
        quality). A router whose interval leaves no room for it "adds nothing". By default a tenth
        of the way from the best control to the oracle.
    groups : sequence or "near", optional
        A group per judged prompt, such as its conversation: of one fold, and drawn together in
        the bootstrap. "near" groups near-duplicates. Default: the column `group`, else equal texts.
    exclude : path or sequence of lists, optional
        Published lists of contaminated prompts (paths or texts, see
        :func:`routelab.evaluate.contaminated`): left out, nearly equal prompts too.
    judge : JudgeNoise, optional
        Of the judge whose 0/1 verdicts are the outcomes: qualities are corrected for its errors
        and their intervals widened, see :func:`routelab.evaluate.widen`. APGR is a ratio of
        differences, in which the errors cancel; curves, slices and errors show the verdicts.
    progress : callable, optional
        Called as ``progress(done, total, name)`` before each fit and at the end. To stop, raise.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        For numbers out of range, two routers of one name, fewer than two prompts or classes,
        missing labels, outcomes without a quality, an unknown kind, or a router that cannot be
        fitted on this data.

    Notes
    -----
    A router has to beat every one of its controls. Labels: accuracy against constant, random,
    prompt length and its own answers shuffled. Outcomes of two models: APGR against a coin and
    prompt length. Outcomes of more models: quality at the router's own cost against its own
    choices shuffled, the mix of single models at that cost (Zero router), prompt length and the
    best single model where they cost no more. With costs unknown, quality against these. Shown
    beside them: every model alone, random choices at the router's cost, the best model per data
    set where outcomes name theirs, and the oracle. Routers for labels learn from outcomes as well:
    their label is the cheapest of the best models. A router that asks several models (it has a
    method `play`, such as the kind "cascade") is judged, with two models too, by the quality that
    it would have served at the cost of all its calls; its shuffled control stops at the same
    stages on other prompts of the fold.

    Examples
    --------
    >>> frame = pd.DataFrame({"prompt": ["sort a list", "fix a loop", "poem on rain", "a poem"] * 2,
    ...                       "label": ["code", "code", "art", "art"] * 2})
    >>> comparison = compare(["centroid"], frame, cv=2, n_boot=200)
    >>> comparison.n, list(comparison.verdicts)
    (8, ['centroid'])
    """
    if isinstance(routers, str):
        routers = [routers]
    if not isinstance(routers, Mapping):
        routers = {kind: make_router(kind, encoder=encoder) for kind in routers}
    if not routers:
        raise InputError("nothing to compare: name at least one router")
    for name, router in routers.items():
        if not (hasattr(router, "fit") and hasattr(router, "predict")):
            raise InputError(f"router {name!r} is no estimator, got {type(router).__name__}")
    _check_numbers(seed, n_boot, worthwhile)
    if isinstance(test, str):
        data, test = _named_split(data, test)
    notes: list[str] = []
    if isinstance(exclude, str | os.PathLike):
        exclude = [exclude]
    if len(exclude):
        judged = data if test is None else test
        keep, notes = not_listed(judged, exclude)
        n = len(judged)
        slices = {name: _rows(values, keep, n) for name, values in (slices or {}).items()}
        if groups is not None and not isinstance(groups, str):
            groups = _rows(groups, keep, n)
        if test is None:
            data = _rows(data, keep, n)
        else:
            test = _rows(test, keep, n)
    setting = Setting(
        cv, seed, n_boot, refit, worthwhile, slices, groups, judge, tuple(notes), progress
    )
    named = {str(name): router for name, router in routers.items()}
    for name in named:
        if name != name.encode("utf-8", "replace").decode():
            raise InputError(f"a router has a name that UTF-8 cannot hold: {name!r}")
    if len(named) < len(routers):
        raise InputError(f"two routers have one name as text: {', '.join(map(str, routers))}")
    if isinstance(data, pd.DataFrame):
        if test is not None and not isinstance(test, pd.DataFrame):
            raise InputError("data holds labels, so test must hold labels too")
        return compare_labels(named, data, test, setting)
    if not (hasattr(data, "quality") and hasattr(data, "models") and hasattr(data, "prompts")):
        raise InputError(
            f"data must be a frame of labels or an OutcomeTable, got {type(data).__name__}"
        )
    if test is not None and not hasattr(test, "quality"):
        raise InputError("data holds outcomes, so test must hold outcomes too")
    return compare_outcomes(named, data, test, setting)


def _check_numbers(seed: Any, n_boot: Any, worthwhile: Any) -> None:
    whole = (int, np.integer)
    if not isinstance(seed, whole) or not 0 <= seed < 2**63:
        raise InputError(f"'seed' must be a whole number in [0, 2**63), got {seed!r}")
    if not isinstance(n_boot, whole) or n_boot < 1:
        raise InputError(f"'n_boot' must be a whole number of at least 1, got {n_boot!r}")
    if worthwhile is not None and not 0 <= worthwhile < np.inf:
        raise InputError(f"'worthwhile' must be a number of at least 0, got {worthwhile!r}")


def _rows(values: Any, keep: np.ndarray, n: int) -> Any:
    """Return the kept rows of a frame, a table or a sequence of n; others do not fit anyway."""
    if isinstance(values, pd.DataFrame):
        return values.iloc[keep]
    if hasattr(values, "quality"):
        return values.take(keep)
    listed = list(values)
    return [listed[i] for i in keep] if len(listed) == n else listed


def _named_split(data: Any, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows to learn from and those of the named part of the column `split`."""
    if not isinstance(data, pd.DataFrame) or "split" not in data:
        raise InputError(f"test={name!r} names a part, but the data has no column 'split'")
    parts = list(dict.fromkeys(data["split"]))
    if name not in parts or len(parts) < 2:
        raise InputError(f"no part {name!r} to hold out: the column 'split' has {parts!r}")
    learnt = (
        data["split"] == "train" if "train" in parts and name != "train" else data["split"] != name
    )
    return data[learnt], data[data["split"] == name]
