"""A map of the prompts: vectors in two dimensions, computed once, and what routers say there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline
from sklearn.utils.extmath import row_norms, safe_sparse_dot

from routelab.routers._rows import unit
from routelab.ui._sample import sampled

PROMPTS_MAPPED = 2_000
_FEWEST = 4  # two directions of difference need three prompts; a map of three says nothing
_ABSTAINS = "abstains"


@dataclass(frozen=True)
class PromptMap:
    """Prompts as points, and every router's answers to them.

    Attributes
    ----------
    encoder_of : str
        The router whose vectors were projected.
    points : ndarray (n, 2)
        First two principal components of its unit rows.
    answers : dict of str to tuple of str
        Router to its answer per point; ``"abstains"`` where it gives none.
    explained : float
        Share of the variance that the two components hold, in [0, 1].
    told : str
        "" or that only a sample is drawn.
    prompts : tuple of str
        One per point.
    """

    encoder_of: str
    points: np.ndarray
    answers: dict[str, tuple[str, ...]]
    explained: float
    told: str
    prompts: tuple[str, ...]
    _encode: Any
    _axes: PCA

    def place(self, prompt: str) -> tuple[float, float]:
        """Return where a prompt is on the map."""
        x, y = self._axes.transform(unit(self._encode([prompt])))[0]
        return float(x), float(y)

    def disputed(self) -> list[str]:
        """Return the prompts that not all routers answer alike, in their order."""
        given = zip(*self.answers.values(), strict=True)
        return [text for text, said in zip(self.prompts, given, strict=True) if len({*said}) > 1]


def prompt_map(routers: Mapping[str, Any], prompts: Sequence[str]) -> PromptMap | None:
    """Project prompts with the encoder of the first router that has one, and ask every router.

    Parameters
    ----------
    routers : dict of str to fitted router
    prompts : sequence of str
        Above 2,000 a random sample, always the same.

    Returns
    -------
    PromptMap or None
        None where there is nothing to draw: no encoder, fewer than four different prompts, or
        all prompts in one place.

    Notes
    -----
    Distances on the map are not those that the router sees; `explained` says how much is left.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> prompts = ["sort a list", "sort a tree", "write a poem", "write a song"]
    >>> router = make_router("centroid").fit(prompts, ["code", "code", "art", "art"])
    >>> found = prompt_map({"centroid": router}, prompts)
    >>> found.points.shape, found.answers["centroid"][0]
    ((4, 2), 'code')
    """
    named = next((name for name, router in routers.items() if _encodes(router)), None)
    distinct = pd.DataFrame({"prompt": list(dict.fromkeys(prompts))})
    if named is None or len(distinct) < _FEWEST:
        return None
    drawn, told = sampled(distinct, "prompts on the map", limit=PROMPTS_MAPPED)
    texts = drawn["prompt"].tolist()
    encode = routers[named][:-1].transform
    rows = unit(encode(texts))
    if min(rows.shape) < _FEWEST or _in_one_place(rows):
        return None
    # Of the solvers, arpack alone takes sparse rows; it starts at random.
    axes = PCA(2, svd_solver="arpack", random_state=0)
    points = np.asarray(axes.fit_transform(rows), dtype=float)
    answers = {name: _answers(router, texts) for name, router in routers.items()}
    explained = float(axes.explained_variance_ratio_.sum())
    return PromptMap(named, points, answers, explained, told, tuple(texts), encode, axes)


def regions(points: np.ndarray, codes: np.ndarray, limits: Sequence[float]) -> np.ndarray:
    """Return which answer is nearest at each place of a grid over the map.

    Parameters
    ----------
    points : ndarray (n, 2)
    codes : int ndarray (n,)
        The answer at each point, by number.
    limits : sequence of 4 floats
        Left, right, bottom, top.

    Returns
    -------
    int ndarray (60, 90)
        The answer that most of the five nearest points have; from bottom to top.

    Examples
    --------
    >>> shade = regions(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0, 1]), [0, 1, 0, 1])
    >>> shade[0, 0], shade[0, -1]
    (np.int64(0), np.int64(1))
    """
    from sklearn.neighbors import KNeighborsClassifier

    left, right, bottom, top = limits
    x, y = np.meshgrid(np.linspace(left, right, 90), np.linspace(bottom, top, 60))
    near = KNeighborsClassifier(min(5, len(points)), weights="distance").fit(points, codes)
    return np.asarray(near.predict(np.column_stack([x.ravel(), y.ravel()]))).reshape(60, 90)


def _encodes(router: Any) -> bool:
    return isinstance(router, Pipeline) and len(router) > 1


def _in_one_place(rows: Any) -> bool:
    apart = row_norms(rows, squared=True) + row_norms(rows[:1], squared=True)
    apart = apart - 2 * np.asarray(safe_sparse_dot(rows, rows[:1].T, dense_output=True)).ravel()
    return bool(apart.max() < 1e-9)


def _answers(router: Any, prompts: list[str]) -> tuple[str, ...]:
    answers = np.asarray(router.predict(prompts), dtype=object).tolist()
    return tuple(_ABSTAINS if pd.isna(answer) else str(answer) for answer in answers)
