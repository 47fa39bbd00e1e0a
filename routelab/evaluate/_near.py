"""What near-duplicate search found: counts and places, without the prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab._html import table


@dataclass(frozen=True, eq=False)
class NearDuplicates:
    """Test prompts that a training prompt equals, or nearly.

    The prompts themselves are not kept: they may be private.

    Attributes
    ----------
    pairs : DataFrame
        One row per test prompt with a match, in their order: ``train`` and ``test`` (row numbers),
        ``similarity`` (Jaccard, in [threshold, 1]) and ``exact`` (equal but for case and white
        space). The match is an equal prompt, else the most similar one; of several the first.
    train_prompts, test_prompts : int
        How many were compared.
    threshold : float
    n : int
        Characters of an n-gram.
    against : str
        What a test prompt was compared with, for sentences.
    """

    pairs: pd.DataFrame
    train_prompts: int
    test_prompts: int
    threshold: float = 0.8
    n: int = 5
    against: str = "one of the training data"

    @property
    def exact(self) -> int:
        """Test prompts that equal a training prompt."""
        return int(self.pairs["exact"].sum())

    @property
    def near(self) -> int:
        """Test prompts that nearly equal one, and equal none."""
        return len(self.pairs) - self.exact

    @property
    def share(self) -> float:
        """Share of the test prompts that have a match; 0 without prompts."""
        return len(self.pairs) / max(self.test_prompts, 1)

    @property
    def rows(self) -> np.ndarray:
        """Row numbers of the test prompts with a match (len(pairs),)."""
        return self.pairs["test"].to_numpy()

    def __str__(self) -> str:
        return (
            f"{self.exact:,} of {self.test_prompts:,} prompts equal {self.against}, and "
            f"{self.near:,} more nearly do (Jaccard of {self.n}-grams >= {self.threshold:g})"
        )

    def __repr__(self) -> str:
        return f"NearDuplicates(exact={self.exact}, near={self.near}, of={self.test_prompts})"

    def to_html(
        self,
        train: Sequence[str] | None = None,
        test: Sequence[str] | None = None,
        *,
        most: int = 20,
    ) -> str:
        """Return the counts and the most similar pairs as a table; every text is escaped.

        Parameters
        ----------
        train, test : sequence of str, optional
            The prompts that were compared, to show them; without, only their row numbers. In one
            list, both are that list.
        most : int, default 20
            Rows.
        """
        shown = self.pairs.sort_values("similarity", ascending=False, kind="stable").head(most)
        head = ["test row", "matches row", "similarity", "equal"]
        texts = [
            (name, given, column)
            for name, given, column in (("test", test, "test"), ("match", train, "train"))
            if given is not None
        ]
        rows = [
            [
                int(row["test"]),
                int(row["train"]),
                f"{row['similarity']:.3f}",
                "yes" if row["exact"] else "no",
                *(given[int(row[column])] for _, given, column in texts),
            ]
            for row in shown.to_dict("records")
        ]
        return table([*head, *(name for name, _, _ in texts)], rows, str(self))

    def _repr_html_(self) -> str:
        return self.to_html()
