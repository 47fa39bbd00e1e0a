"""Prompts x models: how well each model did on each prompt, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from routelab._checks import InputError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeTable:
    """What every model did on every prompt; missing is NaN, never 0.

    Parameters
    ----------
    prompts : list of str, length n
        May repeat.
    models : list of str, length m
        Distinct.
    quality : float64 array of shape (n, m)
        Higher is better; 0/1 correctness, a pass rate, a win probability, ... NaN = not measured.
    cost : float64 array of shape (n, m), optional
        USD per call, >= 0; NaN = unknown. Default: all unknown.
    name : str, default "outcomes"
        For titles.

    Raises
    ------
    InputError
        Shapes do not fit, a model stands twice, a prompt has no quality at all, a quality is
        infinite, a cost is negative or infinite.

    Examples
    --------
    >>> table = OutcomeTable(["1+1", "prove it"], ["small", "large"], [[1, 1], [0, 1]])
    >>> table.best_single()
    'large'
    >>> table.with_costs({"small": 0.001, "large": 0.02}).cost[0].tolist()
    [0.001, 0.02]
    """

    prompts: list[str]
    models: list[str]
    quality: np.ndarray
    cost: np.ndarray = None  # type: ignore[assignment]
    name: str = "outcomes"

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "prompts", list(self.prompts))
        set_(self, "models", list(self.models))
        shape = (len(self.prompts), len(self.models))
        quality = _frozen(self.quality, "quality", shape)
        empty = np.full(shape, np.nan) if self.cost is None else self.cost
        cost = _frozen(empty, "cost", shape)
        set_(self, "quality", quality)
        set_(self, "cost", cost)
        _check(self)

    def __len__(self) -> int:
        return len(self.prompts)

    def drop(self, prompts: Iterable[str]) -> OutcomeTable:
        """Return the table without the rows of these prompts (exact text, absent ones ignored)."""
        unwanted = set(prompts)
        keep = np.array([prompt not in unwanted for prompt in self.prompts], dtype=bool)
        return self.take(np.flatnonzero(keep))

    def take(self, rows: ArrayLike) -> OutcomeTable:
        """Return the table of these row numbers, in this order."""
        index = np.asarray(rows, dtype=np.int64)
        return replace(
            self,
            prompts=[self.prompts[i] for i in index],
            quality=self.quality[index],
            cost=self.cost[index],
        )

    def with_costs(self, cost: Mapping[str, ArrayLike] | ArrayLike) -> OutcomeTable:
        """Return the table with costs filled in where they were unknown.

        Parameters
        ----------
        cost : mapping or array of shape (n, m)
            USD per call. A mapping goes from each model's name to one number or n numbers; it
            must name every model whose cost is not known, and no model that is not in the table.
        """
        if isinstance(cost, Mapping):
            for model in cost:
                if model not in self.models:
                    raise InputError(
                        f"no model {model!r} in the outcomes{did_you_mean(model, self.models)}"
                    )
            filled = np.array(self.cost)
            for column, model in enumerate(self.models):
                if model in cost:
                    filled[:, column] = np.broadcast_to(
                        np.asarray(cost[model], dtype="float64"), len(self.prompts)
                    )
                elif np.isnan(self.cost[:, column]).all():
                    raise InputError(f"no cost for the model {model!r}; name it, 0 if it is free")
        else:
            filled = np.asarray(cost, dtype="float64")
        known = ~np.isnan(self.cost)
        return replace(self, cost=np.where(known, self.cost, filled))

    def with_prices(
        self, catalog: Any, input_tokens: ArrayLike, output_tokens: ArrayLike
    ) -> OutcomeTable:
        """Return the table with unknown costs from a catalog's prices.

        Parameters
        ----------
        catalog : Catalog
            Has ``cost(model, input_tokens, output_tokens)`` in USD and knows every model.
        input_tokens, output_tokens : array of shape (n,) or (n, m), or number
            Tokens of each call.
        """
        shape = self.quality.shape
        counts = []
        for tokens in (input_tokens, output_tokens):
            array = np.asarray(tokens, dtype="float64")
            counts.append(np.broadcast_to(array[:, None] if array.ndim == 1 else array, shape))
        costs = [
            catalog.cost(model, counts[0][:, j], counts[1][:, j])
            for j, model in enumerate(self.models)
        ]
        return self.with_costs(np.column_stack([np.broadcast_to(c, shape[0]) for c in costs]))

    def mean_quality(self) -> dict[str, float]:
        """Mean quality per model over the prompts on which it was measured (NaN if on none)."""
        return dict(zip(self.models, _means(self.quality).tolist(), strict=True))

    def best_single(self) -> str:
        """Return the model with the highest mean quality; of equals the cheaper, then the first."""
        quality = np.nan_to_num(_means(self.quality), nan=-np.inf)
        cost = np.nan_to_num(_means(self.cost), nan=np.inf)
        return self.models[int(np.lexsort((np.arange(len(quality)), cost, -quality))[0])]

    def best_possible(self) -> float:
        """Mean over prompts of the best quality that any model reached."""
        return float(np.mean(np.nanmax(self.quality, axis=1)))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per prompt and model that has a quality.

        Columns `row` (the prompt's position), `prompt`, `model`, `quality`, `cost_usd`.
        """
        import pandas as pd

        rows, columns = np.nonzero(~np.isnan(self.quality))
        return pd.DataFrame(
            {
                "row": rows,
                "prompt": [self.prompts[i] for i in rows],
                "model": [self.models[j] for j in columns],
                "quality": self.quality[rows, columns],
                "cost_usd": self.cost[rows, columns],
            }
        )


def _frozen(values: Any, what: str, shape: tuple[int, int]) -> np.ndarray:
    try:
        array = np.array(values, dtype="float64")
    except (TypeError, ValueError) as error:
        raise InputError(f"'{what}' must be numbers: {error}") from error
    if array.shape != shape:
        raise InputError(f"'{what}' must have shape (prompts, models) = {shape}, got {array.shape}")
    array.setflags(write=False)
    return array


def _check(table: OutcomeTable) -> None:
    if not table.prompts or not table.models:
        raise InputError(f"{table.name}: an outcome table needs at least one prompt and one model")
    for model in table.models:
        if table.models.count(model) > 1:
            raise InputError(f"{table.name}: the model {model!r} stands twice")
    unmeasured = np.flatnonzero(np.isnan(table.quality).all(axis=1))
    if len(unmeasured):
        raise InputError(
            f"{table.name}: {len(unmeasured)} prompts have no quality from any model "
            f"(first: row {unmeasured[0]}); leave them out"
        )
    if np.isinf(table.quality).any() or np.isinf(table.cost).any():
        raise InputError(f"{table.name}: quality and cost must be finite (NaN = missing)")
    if (table.cost < 0).any():
        row, column = np.argwhere(table.cost < 0)[0]
        raise InputError(
            f"{table.name}: cost must be >= 0, got {table.cost[row, column]} "
            f"(row {row}, model {table.models[column]!r})"
        )


def _means(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    counts = known.sum(axis=0)
    totals = np.where(known, values, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore"):
        means: np.ndarray = np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)
    return means
