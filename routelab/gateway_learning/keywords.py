"""Keyword rules that pay: whole words and phrases whose prompts belong to another tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from routelab.gateway_rules import TIERS
from routelab.gateway_rules.text import has_keyword

PHRASE_WORDS = 3  # at most
PARTS = 3  # of the prompts, in each of which a rule must pay
FOLDS = 5  # that decide how many rules are kept
CLEAR = 2.0  # least gain of a rule in its standard errors


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
    """

    keyword: str
    tier: str
    support: int
    gain: float


@dataclass(frozen=True, slots=True)
class _Prompts:
    """Prompts by the keywords in them (n, k), worth (n, 4), present tier (n,), rule's tier (n,)."""

    found: sp.csr_matrix
    worth: np.ndarray
    decided: np.ndarray
    ruled: np.ndarray

    def take(self, rows: np.ndarray) -> _Prompts:
        """Return the prompts of these rows."""
        return _Prompts(self.found[rows], self.worth[rows], self.decided[rows], self.ruled[rows])


def candidate_words(prompts: Sequence[str], min_support: int) -> tuple[list[str], sp.csr_matrix]:
    """Return words and phrases of enough prompts, and in which prompts the gateway finds them.

    Parameters
    ----------
    prompts : sequence of str (n,)
    min_support : int
        Least number of prompts that hold a keyword.

    Returns
    -------
    words : list of str (k,)
        Lower case, up to three words. English stop words are none of them ("the", "for"), phrases
        out of stop words are ("what is").
    found : sparse matrix of 0 and 1 (n, k)
        By the gateway's own matching: a whole word, or a phrase anywhere. Of keywords that are
        found in the very same prompts the shortest is kept.

    Examples
    --------
    >>> words, found = candidate_words(["a refund", "the refund, please", "hi"], 2)
    >>> words, found.toarray().ravel().tolist()
    (['refund'], [1.0, 1.0, 0.0])
    """
    lowered = [prompt.lower() for prompt in prompts]
    counter = CountVectorizer(
        lowercase=False, token_pattern=r"\w\w+", ngram_range=(1, PHRASE_WORDS), binary=True
    )
    try:
        counts = counter.fit_transform(lowered)
    except ValueError:  # scikit-learn's way to say that there is not one word
        return [], sp.csr_matrix((len(lowered), 0))
    names = counter.get_feature_names_out()
    frequent = np.flatnonzero(np.asarray(counts.sum(axis=0)).ravel() >= min_support)
    columns = counts.tocsc()
    kept: dict[bytes, tuple[str, np.ndarray]] = {}
    for place in sorted(frequent, key=lambda j: (names[j].count(" "), len(names[j]), names[j])):
        word = str(names[place])
        if word in ENGLISH_STOP_WORDS:
            continue
        if word.isascii() and " " not in word:  # a whole word is a token
            hits = columns[:, [place]].toarray().ravel().astype(float)
        else:
            hits = np.array([has_keyword(text, word) for text in lowered], dtype=float)
        if min_support <= hits.sum() < len(lowered):
            kept.setdefault(hits.tobytes(), (word, hits))
    stacked = [hits for _, hits in kept.values()]
    matrix = np.column_stack(stacked) if stacked else np.zeros((len(lowered), 0))
    return [word for word, _ in kept.values()], sp.csr_matrix(matrix)


def choose_keywords(
    prompts: Sequence[str],
    worth: np.ndarray,
    decided: np.ndarray,
    ruled: np.ndarray,
    *,
    max_rules: int = 20,
    min_support: int = 10,
    seed: int = 0,
) -> list[KeywordChoice]:
    """Choose keyword rules one at a time, as many as pay on prompts that did not choose them.

    Each step takes the keyword and tier that add most to the decisions so far, out of those that
    add at least two standard errors and something in each of three random parts. How many steps
    are kept is decided by five folds: the number at which rules chosen on four of them are worth
    most on the fifth; none, when none helps there. Of rules that match the gateway takes the most
    severe: a rule never acts where one of its tier or a higher one does.

    Parameters
    ----------
    prompts : sequence of str (n,)
        Each text once, so that no prompt is evidence twice.
    worth : ndarray (n, 4)
    decided : ndarray of int (n,)
        Tier 0 to 3 that each prompt gets at present.
    ruled : ndarray of int (n,)
        Tier that a keyword rule gives already, -1 without, 4 where no rule may act.
    max_rules : int, default 20
    min_support : int, default 10
        Least number of prompts that hold a keyword.
    seed : int, default 0
        Of folds and parts.
    """
    words, found = candidate_words(prompts, min_support)
    every = _Prompts(found, worth, decided, ruled)
    if not words or max_rules < 1:
        return []
    fold = np.random.default_rng(seed).permutation(len(prompts)) % FOLDS
    earned = np.zeros(max_rules + 1)
    for number in range(FOLDS):
        steps = _steps(every.take(np.flatnonzero(fold != number)), max_rules, seed)
        earned += _earned(every.take(np.flatnonzero(fold == number)), steps, max_rules)
    kept = int(earned.argmax())
    return [
        KeywordChoice(words[word], TIERS[tier], support, gain)
        for word, tier, support, gain in _steps(every, kept, seed)
    ]


def _steps(prompts: _Prompts, most: int, seed: int) -> list[tuple[int, int, int, float]]:
    """Return (word, tier, prompts decided, gain) of each step of the greedy choice."""
    part = np.random.default_rng(seed).integers(0, PARTS, len(prompts.worth))
    now, ruled = prompts.decided.copy(), prompts.ruled.copy()
    taken: list[tuple[int, int, int, float]] = []
    while len(taken) < most:
        gain = _gain(prompts.worth, now, ruled)
        best = _best_pair(prompts.found, gain, part)
        if best is None:
            break
        word, tier = best
        acts = _acts(prompts.found, word, ruled, tier)
        taken.append((word, tier, int(acts.sum()), float(gain[acts, tier].sum())))
        now[acts], ruled[acts] = tier, tier
    return taken


def _earned(
    prompts: _Prompts, steps: Sequence[tuple[int, int, int, float]], most: int
) -> np.ndarray:
    """Return what the first 0, 1, .. steps add on these prompts (most + 1,)."""
    now, ruled = prompts.decided.copy(), prompts.ruled.copy()
    total = [0.0]
    for word, tier, *_ in steps:
        acts = _acts(prompts.found, word, ruled, tier)
        total.append(total[-1] + float(_gain(prompts.worth, now, ruled)[acts, tier].sum()))
        now[acts], ruled[acts] = tier, tier
    return np.array(total + total[-1:] * (most + 1 - len(total)))


def _gain(worth: np.ndarray, now: np.ndarray, ruled: np.ndarray) -> np.ndarray:
    """Return (n, 4): what a rule to each tier adds on each prompt, 0 where it would not act."""
    gain = worth - worth[np.arange(len(now)), now][:, None]
    gain[ruled[:, None] >= np.arange(len(TIERS))] = 0
    return gain


def _acts(found: sp.csr_matrix, word: int, ruled: np.ndarray, tier: int) -> np.ndarray:
    held: np.ndarray = found[:, [word]].toarray().ravel() > 0
    return held & (ruled < tier)


def _best_pair(found: sp.csr_matrix, gain: np.ndarray, part: np.ndarray) -> tuple[int, int] | None:
    """Return (word, tier) of the largest gain that is clear and stable, or None."""
    total = found.T @ gain
    allowed = total > CLEAR * np.sqrt(found.T @ gain**2)
    for number in range(PARTS):
        allowed &= found.T @ np.where((part == number)[:, None], gain, 0.0) > 0
    if not allowed.any():
        return None
    word, tier = divmod(int(np.where(allowed, total, -np.inf).argmax()), gain.shape[1])
    return word, tier


def as_rules(chosen: Sequence[KeywordChoice]) -> list[dict[str, object]]:
    """Return ``keyword_tier_rules``: one rule per tier, keywords in the order of their choice.

    Examples
    --------
    >>> as_rules([KeywordChoice("refund", "MEDIUM", 12, 9.0)])
    [{'keywords': ['refund'], 'tier': 'MEDIUM'}]
    """
    return [
        {"keywords": [c.keyword for c in chosen if c.tier == tier], "tier": tier}
        for tier in TIERS
        if any(c.tier == tier for c in chosen)
    ]
