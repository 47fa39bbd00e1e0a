"""Why a router answered as it did: the terms of one prompt and how far each pushed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from routelab._checks import InputError
from routelab.encoders import TfidfEncoder, check_prompts
from routelab.routers.features import OpeningTerms, PromptFeatures
from routelab.routers.keyword import LEVELS, KeywordRouter
from routelab.routers.logistic import LogisticHead
from routelab.routers.ordinal import OrdinalHead

if TYPE_CHECKING:
    import pandas as pd

#: Row that stands for all columns of an encoder whose columns mean nothing by themselves.
EMBEDDING = "(embedding)"

_WORD = re.compile(r"\w+")


def explain(
    router: Any,
    prompt: str,
    top: int | None = 10,
    *,
    words: int = 200,
    terms: list[str] | None = None,
) -> pd.DataFrame:
    """List the terms of a prompt that pushed the answer most, the strongest first.

    Parameters
    ----------
    router : fitted router
        Any with `predict`; one without a linear head needs `predict_proba`.
    prompt : str
    top : int or None, default 10
        Rows; None for all.
    words : int, default 200
        Most distinct words that are left out in turn, the first ones of the prompt (only where
        the method is occlusion).
    terms : list of str, optional
        Those of :func:`linear_terms`, where one router explains many prompts: naming its columns
        takes longer than the explanation.

    Returns
    -------
    DataFrame
        `term`, `contribution`, `towards` (the class that the term speaks for).
        ``attrs["answer"]`` is the router's answer and ``attrs["method"]`` one of:

        exact
            Linear heads: value times coefficient. For `LogisticHead` the contribution is to the
            score of the answer over the mean of all classes, in logits; for `OrdinalHead` to the
            place on its scale. All contributions and ``attrs["base"]`` add up to that score.
            Terms are written ``word:``, ``chars:``, ``opening:``, or carry the name of a surface
            feature; the columns of an embedding are added up in one row, ``(embedding)``.
        evidence
            `KeywordRouter`: its points.
        occlusion
            All others: how much of the answer's share is lost when every occurrence of a word is
            left out. Words that act only together are underrated, and the shares do not add up.

    Notes
    -----
    Terms are text of the prompt. pandas escapes them in HTML (``frame.to_html()``); whoever prints
    them otherwise must do so too.

    Raises
    ------
    InputError
        The prompt is not one text, or `top` is less than 1.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> prompts = ["hi there", "hello you", "prove the lemma", "prove the theorem"]
    >>> router = make_router("linear").fit(prompts, ["low", "low", "high", "high"])
    >>> explain(router, "prove it", top=1).values.tolist()[0][::2]
    ['word: prove', 'high']
    """
    import pandas as pd

    text = _one_prompt(prompt)
    if top is not None and top < 1:
        raise InputError(f"'top' must be at least 1, got {top!r}")
    answer = router.predict([text])[0]
    base = None
    if isinstance(router, KeywordRouter):
        method, rows = "evidence", _evidence(router, text)
    elif _is_linear(router):
        method = "exact"
        rows, base = _linear(router, text, answer, terms or column_terms(router[0], text))
    else:
        method, rows = "occlusion", _occlusion(router, text, answer, words)
    rows = sorted(rows, key=lambda row: (-abs(row[1]), row[0]))[:top]
    frame = pd.DataFrame(rows, columns=["term", "contribution", "towards"])
    frame.attrs.update(answer=answer, method=method)
    if base is not None:
        frame.attrs["base"] = base
    return frame


def _one_prompt(prompt: str) -> str:
    if not isinstance(prompt, str):
        raise InputError(f"expected one prompt, got {type(prompt).__name__}")
    return check_prompts([prompt])[0]


def _evidence(router: KeywordRouter, text: str) -> list[tuple[str, float, Any]]:
    low, high = LEVELS[0], LEVELS[-1]
    return [(term, float(points), high if points > 0 else low)
            for term, points in router.evidence(text)]  # fmt: skip


def _is_linear(router: Any) -> bool:
    return (
        isinstance(router, Pipeline)
        and len(router.steps) == 2
        and isinstance(router.steps[-1][1], LogisticHead | OrdinalHead)
    )


def linear_terms(router: Any) -> list[str] | None:
    """Return what the columns of a router with a linear head stand for; None for other routers.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> router = make_router("linear").fit(["prove it", "a poem"], ["hard", "easy"])
    >>> linear_terms(router)[:2]
    ['word: a', 'word: a poem']
    """
    return column_terms(router[0], "") if _is_linear(router) else None


def _linear(
    router: Pipeline, text: str, answer: Any, terms: list[str]
) -> tuple[list[tuple[str, float, Any]], float]:
    """Return (term, contribution, towards) of every column that is not zero, and the intercept."""
    encoder, head = router.steps[0][1], router.steps[1][1]
    row = sp.csr_array(encoder.transform([text]))
    if isinstance(head, OrdinalHead):
        effects = np.outer(head.coef_[row.indices], [-1.0, 1.0])
        classes, chosen, base = head.levels_[[0, -1]], 1, 0.0
    else:
        effects = np.asarray(head.coef_[row.indices], dtype=float)
        effects = effects - effects.mean(axis=1, keepdims=True)
        classes = head.classes_
        chosen = classes.tolist().index(answer)
        base = float(head.intercept_[chosen] - head.intercept_.mean())
    added: dict[str, Any] = {}
    for column, pushes in zip(row.indices, effects * row.data[:, None], strict=True):
        added[terms[column]] = added.get(terms[column], 0.0) + pushes
    return [
        (term, float(pushes[chosen]), _towards(pushes, chosen, classes))
        for term, pushes in added.items()
    ], base


def _towards(pushes: np.ndarray, chosen: int, classes: np.ndarray) -> Any:
    return classes[chosen if pushes[chosen] > 0 else int(pushes.argmax())]


def column_terms(encoder: Any, text: str) -> list[str]:
    """Return what each column of a fitted encoder stands for.

    The columns of encoders that have no names are counted on a text.

    Examples
    --------
    >>> column_terms(PromptFeatures(), "")[0]
    'log_characters'
    >>> from routelab import make_encoder
    >>> set(column_terms(make_encoder("hashing"), "any"))
    {'(embedding)'}
    """
    if isinstance(encoder, FeatureUnion):
        return [term for _, part in encoder.transformer_list for term in column_terms(part, text)]
    if isinstance(encoder, Pipeline) and isinstance(encoder.steps[-1][1], StandardScaler):
        return column_terms(encoder.steps[0][1], text)
    if isinstance(encoder, TfidfEncoder):
        words, chars = (half.get_feature_names_out() for half in (encoder.words_, encoder.chars_))
        return [*(f"word: {term}" for term in words), *(f"chars: {term!r}" for term in chars)]
    if isinstance(encoder, OpeningTerms):
        return [f"opening: {term}" for term in encoder.get_feature_names_out()]
    if isinstance(encoder, PromptFeatures):
        return list(encoder.NAMES)
    return [EMBEDDING] * encoder.transform([text]).shape[1]


def _occlusion(router: Any, text: str, answer: Any, most: int) -> list[tuple[str, float, Any]]:
    """Return (word, lost share of the answer, towards) of each distinct word."""
    if not hasattr(router, "predict_proba"):
        raise InputError(f"{type(router).__name__} has no predict_proba: nothing to compare")
    distinct = list(dict.fromkeys(word.lower() for word in _WORD.findall(text)))[:most]
    without = [_without(text, word) for word in distinct]
    shares = np.asarray(router.predict_proba([text, *without]), dtype=float)
    classes = np.asarray(router.classes_)
    listed = classes.tolist()
    chosen = listed.index(answer) if answer in listed else int(shares[0].argmax())
    return [
        (f"word: {word}", float(lost[chosen]), _towards(lost, chosen, classes))
        for word, lost in zip(distinct, shares[0] - shares[1:], strict=True)
    ]


def _without(text: str, word: str) -> str:
    """Return the text without a word, whole and in any case.

    Examples
    --------
    >>> _without("List the lists, list", "list")
    ' the lists, '
    """
    return re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "", text, flags=re.IGNORECASE)
