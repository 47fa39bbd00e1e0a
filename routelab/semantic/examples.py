"""Examples of routes that repeat or contradict each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routelab._checks import InputError
from routelab._html import table
from routelab.encoders import make_encoder
from routelab.routers._labels import check_labelled
from routelab.routers._leave_one_out import check_k
from routelab.routers._rows import unit
from routelab.semantic._pairs import KINDS, equal_pairs, grouped, similar_pairs

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 20


@dataclass(frozen=True)
class ExampleReport:
    """What `check_examples` found.

    Attributes
    ----------
    pairs : DataFrame
        ``first``, ``second`` (places of two examples, first < second), ``label_first``,
        ``label_second``, ``similarity`` (cosine), ``kind``: "duplicate" or "contradiction" for
        equal texts, "near duplicate" or "near contradiction" for similar ones. The most similar
        contradictions stand first.
    lonely : list
        Labels with one example.
    prompts : list of str
    left_out : dict of str to int
        Pairs of each kind that are not in `pairs`, because there are too many.
    """

    pairs: pd.DataFrame
    lonely: list[Any]
    prompts: list[str]
    left_out: dict[str, int]

    def counts(self) -> dict[str, int]:
        """Return how many pairs there are of each kind, those that were left out included."""
        kept = self.pairs["kind"]
        return {kind: int((kept == kind).sum()) + self.left_out[kind] for kind in KINDS}

    def to_frame(self) -> pd.DataFrame:
        """Return `pairs` with the prompts themselves, ``prompt_first`` and ``prompt_second``."""
        texts = {f"prompt_{end}": [self.prompts[i] for i in self.pairs[end]] for end in ENDS}
        return self.pairs.assign(**texts)

    def __str__(self) -> str:
        said = [f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in self.counts().items()]
        lonely = ", ".join(map(str, self.lonely[:SHOWN])) or "none"
        left = sum(self.left_out.values())
        more = f"; {left} of these pairs are not listed" if left else ""
        return (
            f"{len(self.prompts)} examples: {', '.join(said)}; labels with one example: "
            f"{lonely}{more}"
        )

    def _repr_html_(self) -> str:
        shown = self.to_frame().head(SHOWN)
        columns = ["kind", "prompt_first", "label_first", "prompt_second", "label_second"]
        rows = shown[columns].to_numpy(object).tolist()
        return table([name.replace("_", " ") for name in columns], rows, caption=str(self))


ENDS = ("first", "second")


def check_examples(
    prompts: Iterable[str],
    labels: Any,
    encoder: Any = "tfidf",
    near: float = 0.9,
    *,
    most: int = 10_000,
) -> ExampleReport:
    """Find examples that repeat each other, and those that contradict each other.

    Equal texts are found as texts. Of several with one label, the first stands for all in the pairs
    of similar ones.

    Parameters
    ----------
    prompts : iterable of str, length n
    labels : array (n,)
    encoder : str or transformer, default "tfidf"
        See `routelab.make_encoder`.
    near : float, default 0.9
        Least cosine (0 to 1) of two examples that are nearly the same.
    most : int, default 10,000
        Pairs of each kind that are listed: the first of equal texts, the most similar of others.
        The rest is counted.

    Returns
    -------
    ExampleReport

    Raises
    ------
    InputError
        `near` or `most` is out of range; prompts or labels are missing.

    Examples
    --------
    >>> prompts = ["sort a list", "sort a list", "Sort a list!", "write a poem"]
    >>> check_examples(prompts, ["code", "art", "code", "art"]).counts()["contradiction"]
    1
    """
    import pandas as pd

    texts, given = check_labelled(prompts, labels)
    if not 0 < near <= 1:
        raise InputError(f"'near' must lie above 0 and at most at 1, got {near!r}")
    most = check_k(most, "most")
    codes = np.unique(given, return_inverse=True)[1]
    groups = grouped(texts, codes)
    rows = unit(make_encoder(encoder).fit(texts).transform(texts))
    found = {**equal_pairs(groups, most), **similar_pairs(rows, groups, codes, near, most)}
    first, second, cosine = (
        np.concatenate([found[kind].columns[i] for kind in KINDS]) for i in range(3)
    )
    kind = np.repeat(np.arange(len(KINDS)), [len(found[kind].columns[0]) for kind in KINDS])
    order = np.lexsort((second, first, -cosine, kind))
    pairs = pd.DataFrame(
        {
            "first": first,
            "second": second,
            "label_first": given[first],
            "label_second": given[second],
            "similarity": cosine,
            "kind": pd.Categorical(np.array(KINDS)[kind], KINDS, ordered=True),
        }
    )
    lonely = sorted(label for label, n in Counter(given.tolist()).items() if n == 1)
    left_out = {kind: found[kind].total - len(found[kind].columns[0]) for kind in KINDS}
    return ExampleReport(pairs.iloc[order].reset_index(drop=True), lonely, texts, left_out)
