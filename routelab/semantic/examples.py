"""Examples of routes that repeat or contradict each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.extmath import safe_sparse_dot

from routelab._checks import InputError
from routelab._html import table
from routelab.encoders import make_encoder
from routelab.routers._labels import check_labelled
from routelab.routers._rows import unit

if TYPE_CHECKING:
    import pandas as pd

BLOCK_CELLS = 8_000_000
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
    """

    pairs: pd.DataFrame
    lonely: list[Any]
    prompts: list[str]

    def counts(self) -> dict[str, int]:
        """Return how many pairs there are of each kind."""
        return {kind: int((self.pairs["kind"] == kind).sum()) for kind in KINDS}

    def to_frame(self) -> pd.DataFrame:
        """Return `pairs` with the prompts themselves, ``prompt_first`` and ``prompt_second``."""
        texts = {f"prompt_{end}": [self.prompts[i] for i in self.pairs[end]] for end in ENDS}
        return self.pairs.assign(**texts)

    def __str__(self) -> str:
        said = [f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in self.counts().items()]
        lonely = ", ".join(map(str, self.lonely[:SHOWN])) or "none"
        return f"{len(self.prompts)} examples: {', '.join(said)}; labels with one example: {lonely}"

    def _repr_html_(self) -> str:
        shown = self.to_frame().head(SHOWN)
        columns = ["kind", "prompt_first", "label_first", "prompt_second", "label_second"]
        rows = shown[columns].to_numpy(object).tolist()
        return table([name.replace("_", " ") for name in columns], rows, caption=str(self))


KINDS = ("contradiction", "near contradiction", "duplicate", "near duplicate")
ENDS = ("first", "second")


def check_examples(
    prompts: Iterable[str], labels: Any, encoder: Any = "tfidf", near: float = 0.9
) -> ExampleReport:
    """Find examples that repeat each other, and those that contradict each other.

    Parameters
    ----------
    prompts : iterable of str, length n
    labels : array (n,)
    encoder : str or transformer, default "tfidf"
        See `routelab.make_encoder`.
    near : float, default 0.9
        Least cosine (0 to 1) of two examples that are nearly the same.

    Returns
    -------
    ExampleReport

    Raises
    ------
    InputError
        `near` is out of range; prompts or labels are missing.

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
    rows = unit(make_encoder(encoder).fit(texts).transform(texts))
    first, second, cosine = _similar(rows, near)
    equal = np.array([texts[i] == texts[j] for i, j in zip(first, second, strict=True)], bool)
    same = given[first] == given[second]
    kind = np.where(equal, np.where(same, KINDS[2], KINDS[0]), np.where(same, KINDS[3], KINDS[1]))
    pairs = pd.DataFrame(
        {
            "first": first,
            "second": second,
            "label_first": given[first],
            "label_second": given[second],
            "similarity": cosine,
            "kind": pd.Categorical(kind, KINDS, ordered=True),
        }
    )
    order = np.lexsort((pairs["first"], -pairs["similarity"], pairs["kind"].cat.codes))
    lonely = sorted(label for label, n in Counter(given.tolist()).items() if n == 1)
    return ExampleReport(pairs.iloc[order].reset_index(drop=True), lonely, texts)


def _similar(rows: Any, near: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pairs (first < second) of unit rows whose cosine is at least `near`."""
    n = rows.shape[0]
    block = max(1, BLOCK_CELLS // max(n, 1))
    found = []
    for start in range(0, n, block):
        cosine = np.asarray(
            safe_sparse_dot(rows[start : start + block], rows[start:].T, dense_output=True)
        )
        # float32 rounds the cosine of equal rows to a little below one
        left, right = np.nonzero(cosine >= near - 1e-6)
        later = right > left
        left, right = left[later], right[later]
        found.append((left + start, right + start, np.minimum(cosine[left, right], 1.0)))
    first, second, cosine = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, second, cosine
