"""Degeneracy alarms: a router that is a constant, a coin or a mistake in disguise.

One function per alarm, registered under its name; each looks at what one router did and returns
a sentence, or None when all is well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from routelab._registry import Registry
from routelab.evaluate.bootstrap import Resampler, interval
from routelab.evaluate.hull import hull

COLLAPSED, NEAR_CONSTANT = 0.99, 0.9
RIGHT_OFTEN = 0.7
WORTH_A_TIER = 0.02
USEFUL_AUROC = 0.6
LEAST_PROMPTS = 10


@dataclass(frozen=True)
class Evidence:
    """What one router did on the n judged prompts.

    Attributes
    ----------
    names : list of str, length m
        Labels or models.
    choice : int ndarray (n,)
        Index of the answer in `names`; -1 where the router abstained or named nothing known.
    best : ndarray (n, m)
        1 for the right answer, or for the model that a prompt should go to: the cheapest of the
        best, or equal parts of the best where costs are unknown.
    value : ndarray (n,)
        What the router got: correctness or quality.
    shuffled : ndarray (n,)
        What its own choices get when they are permuted over the prompts, in expectation.
    resampler : Resampler
    score, positive : ndarray (n,), optional
        A score, and what a high score should mean (bool): with two models, that the strong one is
        better; else that the answer is right. Prompts that tell nothing are NaN in `score`.
    quality, cost : ndarray (n, m), optional
        Outcomes.
    reached : frozenset of int, optional
        Models that the router chooses at some setting of its trade-off.
    threshold : bool
        Whether the router has a threshold that should make it abstain.
    """

    names: list[str]
    choice: np.ndarray
    best: np.ndarray
    value: np.ndarray
    shuffled: np.ndarray
    resampler: Resampler
    score: np.ndarray | None = None
    positive: np.ndarray | None = None
    quality: np.ndarray | None = None
    cost: np.ndarray | None = None
    reached: frozenset[int] = field(default_factory=frozenset)
    threshold: bool = False

    @property
    def shares(self) -> np.ndarray:
        """Share of the prompts that gets each answer, (m,)."""
        return np.bincount(self.choice + 1, minlength=len(self.names) + 1)[1:] / len(self.choice)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One finding.

    Attributes
    ----------
    kind, router, text : str
    """

    kind: str
    router: str
    text: str

    def __str__(self) -> str:
        return f"{self.router}: {self.kind}: {self.text}"


#: Name of an alarm -> function(Evidence) to a sentence or None.
ALARMS: Registry[Callable[[Evidence], str | None]] = Registry("alarm", "routelab.evaluate")


def raised(router: str, evidence: Evidence) -> list[Alarm]:
    """Return every alarm that the evidence about a router raises.

    Examples
    --------
    >>> best = np.eye(2)[[0, 1] * 50]
    >>> always = np.zeros(100, dtype=int)
    >>> found = Evidence(["a", "b"], always, best, best[:, 0], np.full(100, 0.5),
    ...                  Resampler(100, 200))
    >>> [alarm.kind for alarm in raised("mine", found)]
    ['collapse']
    """
    told = ((name, ALARMS[name](evidence)) for name in ALARMS.names())
    return [Alarm(name, router, text) for name, text in told if text is not None]


def _top(e: Evidence) -> tuple[str, float, float]:
    """Return the commonest answer, its share, and how often it would be right."""
    top = int(e.shares.argmax())
    return e.names[top], float(e.shares[top]), float(e.best[:, top].mean())


@ALARMS.register("collapse")
def collapse(e: Evidence) -> str | None:
    """Tell of one answer to nearly everything: a constant can be had without a router."""
    name, share, right = _top(e)
    if share < COLLAPSED or right >= COLLAPSED:
        return None
    return f"{share:.1%} of the answers are {name!r}, which is best for {right:.0%} of the prompts"


@ALARMS.register("near-constant")
def near_constant(e: Evidence) -> str | None:
    """Tell of one answer to most prompts, although others are best for many of them."""
    name, share, right = _top(e)
    if not NEAR_CONSTANT <= share < COLLAPSED or right >= RIGHT_OFTEN:
        return None
    return f"{share:.1%} of the answers are {name!r}, which is best for {right:.0%} of the prompts"


@ALARMS.register("unreachable")
def unreachable(e: Evidence) -> str | None:
    """Tell of answers that are needed and never given, and of models that no setting reaches.

    For outcomes only the models that a mix of single models would use are needed.
    """
    n, m = e.best.shape
    if e.shares.max() >= COLLAPSED:  # said already
        return None
    if e.quality is None or e.cost is None:
        needed = e.best.mean(axis=0) >= max(WORTH_A_TIER, LEAST_PROMPTS / n)
        never = np.flatnonzero(needed & (e.shares == 0))
        what = "right for"
    else:
        if len(e.reached) < 2 or not np.isfinite(e.cost).all():
            return None
        cost, quality = e.cost.mean(axis=0), e.quality.mean(axis=0)
        corners = set(hull(cost, quality)[0].tolist())
        used = e.reached | set(np.flatnonzero(e.shares).tolist())
        never = np.array([j for j in range(m) if cost[j] in corners and j not in used], dtype=int)
        what = "best for"
    if not len(never):
        return None
    worst = int(never[e.best[:, never].mean(axis=0).argmax()])
    told = f"never answers {e.names[worst]!r}, {what} {e.best[:, worst].mean():.0%} of the prompts"
    return told + (f", nor {len(never) - 1} others" if len(never) > 1 else "")


@ALARMS.register("dominated")
def dominated(e: Evidence) -> str | None:
    """Tell of a model in use where another one is surely better on those prompts and no dearer."""
    if e.quality is None or e.cost is None or not np.isfinite(e.cost).all():
        return None
    n, m = e.quality.shape
    used = [j for j in range(m) if e.shares[j] >= 0.05]
    pairs = [(j, k) for j in used for k in range(m) if k != j]
    if not pairs:
        return None
    mask = np.column_stack([e.choice == j for j, _ in pairs]).astype(float)
    gains = np.column_stack([e.quality[:, k] - e.quality[:, j] for j, k in pairs]) * mask
    saved = np.column_stack([e.cost[:, j] - e.cost[:, k] for j, k in pairs]) * mask
    # One interval for all pairs together (Bonferroni).
    low = interval(e.resampler.means(gains), 1 - 0.05 / len(pairs))[0]
    sure = np.flatnonzero((low > 0) & (saved.sum(axis=0) >= 0))
    if not len(sure):
        return None
    gain = gains.sum(axis=0)[sure] / mask.sum(axis=0)[sure]
    best = sure[int(gain.argmax())]
    chosen, other = (e.names[i] for i in pairs[best])
    return f"where it chooses {chosen!r}, {other!r} is better by {gain.max():.3f} and costs no more"


@ALARMS.register("threshold")
def threshold(e: Evidence) -> str | None:
    """Tell of a threshold that never makes the router abstain, or always."""
    if not e.threshold:
        return None
    abstained = float((e.choice < 0).mean())
    if abstained in (0.0, 1.0):
        return f"its threshold {'never' if abstained == 0 else 'always'} fires"
    return None


@ALARMS.register("coin")
def coin(e: Evidence) -> str | None:
    """Tell of scores that order the prompts about as a coin does: AUROC surely below 0.6.

    A wide interval, from few prompts or few errors, is no sign of a coin and tells nothing. The
    interval is Hanley and McNeil's (1982, equations 1 and 2).
    """
    if e.score is None or e.positive is None:
        return None
    known = np.isfinite(e.score)
    positive, score = e.positive[known], e.score[known]
    hits, misses = int(positive.sum()), int((~positive).sum())
    if min(hits, misses) < LEAST_PROMPTS:
        return None
    from sklearn.metrics import roc_auc_score

    auc = float(roc_auc_score(positive, score))
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (hits - 1) * (q1 - auc**2) + (misses - 1) * (q2 - auc**2)
    half = 1.96 * float(np.sqrt(variance / (hits * misses)))
    low, high = max(auc - half, 0.0), min(auc + half, 1.0)
    if high >= USEFUL_AUROC:
        return None
    return f"its scores order the prompts like a coin: AUROC {auc:.2f} ({low:.2f} to {high:.2f})"


@ALARMS.register("worse than shuffled")
def worse_than_shuffled(e: Evidence) -> str | None:
    """Tell of choices that would do better on other prompts than on their own."""
    low, high = interval(e.resampler.means((e.value - e.shuffled)[:, None])[:, 0])
    if high >= 0:
        return None
    gap = float((e.value - e.shuffled).mean())
    return f"its own answers, shuffled over the prompts, do better by {-gap:.3f}"
