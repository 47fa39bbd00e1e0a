"""Keyword rules that pay: whole words and phrases whose prompts belong to another tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.stats import norm
from sklearn.feature_extraction.text import CountVectorizer

from routelab.gateway_rules import TIERS
from routelab.gateway_rules.text import has_keyword

PHRASE_WORDS = 3  # at most
PARTS = 3  # of the prompts, in each of which a rule must pay
NO_RULE = -1


@dataclass(frozen=True, slots=True)
class KeywordChoice:
    """A keyword, its tier, and what sending its prompts there is worth.

    Attributes
    ----------
    keyword : str
    tier : str
    support : int
        Training prompts that it decides.
    gain : float
        Worth that it adds on them in sum.
    p_value : float
        Corrected for all keywords and tiers that were looked at.
    """

    keyword: str
    tier: str
    support: int
    gain: float
    p_value: float


def candidate_words(prompts: Sequence[str], min_support: int) -> tuple[list[str], sp.csc_matrix]:
    """Return words and phrases of enough prompts, and in which prompts the gateway finds them.

    Parameters
    ----------
    prompts : sequence of str (n,)
    min_support : int
        Least number of prompts that hold a keyword.

    Returns
    -------
    words : list of str (k,)
        Lower case, up to three words.
    found : sparse matrix of 0 and 1 (n, k)
        By the gateway's own matching: a whole word, or a phrase anywhere. Where two keywords are
        found in the very same prompts the first of the shorter is kept.

    Examples
    --------
    >>> words, found = candidate_words(["a refund", "the refund, please", "hi"], 2)
    >>> words, found.toarray().ravel().tolist()
    (['refund'], [1.0, 1.0, 0.0])
    """
    lowered = [prompt.lower() for prompt in prompts]
    counter = CountVectorizer(
        binary=True,
        lowercase=False,
        token_pattern=r"\w\w+",
        ngram_range=(1, PHRASE_WORDS),
        min_df=min(min_support, len(lowered)),
    )
    try:
        counter.fit(lowered)
    except ValueError:  # not one word, or none that is frequent enough
        return [], sp.csc_matrix((len(lowered), 0))
    kept: dict[bytes, tuple[str, np.ndarray]] = {}
    for word in sorted(counter.get_feature_names_out(), key=lambda w: (w.count(" "), len(w), w)):
        hits = np.array([has_keyword(text, word) for text in lowered], dtype=float)
        if min_support <= hits.sum() < len(lowered):
            kept.setdefault(hits.tobytes(), (str(word), hits))
    columns = [hits for _, hits in kept.values()]
    matrix = np.column_stack(columns) if columns else np.zeros((len(lowered), 0))
    return [word for word, _ in kept.values()], sp.csc_matrix(matrix)


def choose_keywords(
    prompts: Sequence[str],
    worth: np.ndarray,
    decided: np.ndarray,
    ruled: np.ndarray,
    *,
    max_rules: int = 20,
    min_support: int = 10,
    alpha: float = 0.05,
    seed: int = 0,
) -> list[KeywordChoice]:
    """Choose keyword rules one at a time, each the one that adds most to the decisions so far.

    A rule must be worth more than the present decision on the prompts that it would decide: the
    sum of the differences over the root of their squares is normal under a symmetric chance, and
    its one-sided p, times the keywords and tiers still looked at (Holm 1979, step by step), must
    stay below `alpha`. And it must pay in each of three random parts of the prompts. Of rules that
    match the gateway takes the most severe: a rule never acts where one of a higher tier does.

    Parameters
    ----------
    prompts : sequence of str (n,)
        Each text once, so that no prompt counts as evidence twice.
    worth : ndarray (n, 4)
    decided : ndarray of int (n,)
        Tier 0 to 3 that each prompt gets at present.
    ruled : ndarray of int (n,)
        Tier that a keyword rule gives already, -1 without, 4 where no rule may act.
    max_rules : int, default 20
    min_support : int, default 10
        Least number of prompts that hold a keyword.
    alpha : float, default 0.05
    seed : int, default 0
        Of the three parts.
    """
    words, found = candidate_words(prompts, min_support)
    part = np.random.default_rng(seed).integers(0, PARTS, len(prompts))
    now, by_rule = decided.copy(), ruled.copy()
    rows = np.arange(len(prompts))
    chosen: list[KeywordChoice] = []
    while words and len(chosen) < max_rules:
        gain = worth - worth[rows, now][:, None]
        gain[by_rule[:, None] >= np.arange(len(TIERS))] = 0
        best = _best_pair(found, gain, part, alpha)
        if best is None:
            break
        word, tier, p = best
        acts = (found[:, [word]].toarray().ravel() > 0) & (by_rule < tier)
        total = float(gain[acts, tier].sum())
        chosen.append(KeywordChoice(words[word], TIERS[tier], int(acts.sum()), total, p))
        now[acts], by_rule[acts] = tier, tier
    return chosen


def _best_pair(
    found: sp.csc_matrix, gain: np.ndarray, part: np.ndarray, alpha: float
) -> tuple[int, int, float] | None:
    """Return (word, tier, corrected p) of the largest gain that is sure and stable, or None."""
    total = found.T @ gain
    spread = np.sqrt(found.T @ gain**2)
    tested = spread > 0
    p = norm.sf(np.divide(total, spread, out=np.zeros_like(total), where=tested))
    corrected = np.minimum(p * tested.sum(), 1.0)
    stable = np.ones(total.shape, dtype=bool)
    for number in range(PARTS):
        stable &= found.T @ np.where((part == number)[:, None], gain, 0.0) > 0
    allowed = tested & stable & (corrected < alpha)
    if not allowed.any():
        return None
    place = int(np.where(allowed, total, -np.inf).argmax())
    word, tier = divmod(place, gain.shape[1])
    return word, tier, float(corrected[word, tier])


def as_rules(chosen: Sequence[KeywordChoice]) -> list[dict[str, object]]:
    """Return ``keyword_tier_rules``: one rule per tier, keywords in the order of their choice.

    Examples
    --------
    >>> as_rules([KeywordChoice("refund", "MEDIUM", 12, 9.0, 0.001)])
    [{'keywords': ['refund'], 'tier': 'MEDIUM'}]
    """
    return [
        {"keywords": [c.keyword for c in chosen if c.tier == tier], "tier": tier}
        for tier in TIERS
        if any(c.tier == tier for c in chosen)
    ]


