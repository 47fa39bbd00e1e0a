"""Cost and quality on labels: which model group serves each prompt, and whether it is enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab.evaluate._estimates import wilson
from routelab.evaluate.cuts import Cuts
from routelab.routers import ordinal_scale


@dataclass(frozen=True)
class Served:
    """What each answer costs, and for which labels its model group is enough.

    Parameters
    ----------
    usd : ndarray (answers,)
        Mean USD per request.
    enough : ndarray of bool (truths, answers)
    groups : list of str
        The group of each answer.

    Examples
    --------
    >>> served = Served.of(["low", "high"], ["low", "high", "(not answered)"],
    ...                    {"low": "cheap", "high": "strong", "(not answered)": "cheap"},
    ...                    {"cheap": 0.01, "strong": 0.1})
    >>> served.enough.tolist()
    [[True, True, True], [False, True, False]]
    >>> cost, quality = served.point(np.array([[3, 0, 1], [1, 4, 1]]))
    >>> round(cost, 3), quality
    (0.046, 0.8)
    """

    usd: np.ndarray
    enough: np.ndarray
    groups: list[str]

    @classmethod
    def of(
        cls,
        truths: Sequence[str],
        answers: Sequence[str],
        groups: Mapping[str, str],
        usd: Mapping[str, float],
    ) -> Served:
        """Return what groups are enough for: that of the label, or, of levels, one of a higher.

        Parameters
        ----------
        truths, answers : sequence of str
            As in :class:`~routelab.evaluate.cuts.Cuts`.
        groups : mapping of str to str
            The group that serves a label or an answer.
        usd : mapping of str to float
            Mean USD per request, by group.
        """
        wanted = [groups[name] for name in truths]
        given = [groups[name] for name in answers]
        enough = np.array([[one == other for other in given] for one in wanted], bool)
        levels = ordinal_scale(truths)
        if levels is not None:
            rank = {str(level): at for at, level in enumerate(levels)}
            of_group: dict[str, int] = {}
            for name in truths:
                of_group[groups[name]] = max(rank[name], of_group.get(groups[name], -1))
            reached = np.array([of_group.get(group, -1) for group in given])
            enough |= reached >= np.array([rank[name] for name in truths])[:, None]
        return cls(np.array([usd[group] for group in given], float), enough, given)

    def point(self, counts: np.ndarray) -> tuple[float, float]:
        """Return mean USD per request, and the share served as the label asks, of counts."""
        total = counts.sum()
        return float(counts.sum(axis=0) @ self.usd / total), float(
            (counts * self.enough).sum() / total
        )

    def constants(self, truths: np.ndarray) -> pd.DataFrame:
        """Return `group`, `cost`, `quality` where one group serves everything, a row each.

        Parameters
        ----------
        truths : ndarray (truths,)
            Prompts by label.
        """
        first = {group: at for at, group in reversed(list(enumerate(self.groups)))}
        quality = truths @ self.enough / truths.sum()
        rows = [(group, self.usd[at], quality[at]) for group, at in first.items()]
        frame = pd.DataFrame(rows, columns=["group", "cost", "quality"])
        return frame.sort_values(["cost", "group"], ignore_index=True)

    def curve(self, cuts: Cuts) -> pd.DataFrame:
        """Return `threshold`, `cost`, `quality` with 95 % Wilson `low` and `high`, a row each.

        From the lowest threshold on. Wilson takes prompts to be independent of each other.
        """
        n, rows = len(cuts.truth), []
        for level in cuts.levels():
            cost, quality = self.point(cuts.at(level))
            rows.append((level, cost, quality, *wilson(round(quality * n), n)))
        return pd.DataFrame(rows, columns=["threshold", "cost", "quality", "low", "high"])
