"""Prompts x models: how well each model did on each prompt, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from routelab._checks import InputError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from routelab.reading.report import Report


#: Name of a scale to its ends.
SCALES = {
    "boolean": (0.0, 1.0), "0-1": (0.0, 1.0), "1-2": (1.0, 2.0), "1-10": (1.0, 10.0),
    "0-100": (0.0, 100.0), "real": (-np.inf, np.inf),
}  # fmt: skip

#: Scales that never mix with another one in a table.
SPECIAL_SCALES = ("1-2", "1-10", "0-100")


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
    scale : str, optional
        ``"boolean"`` (0 or 1), ``"0-1"``, ``"1-2"``, ``"1-10"``, ``"0-100"`` or ``"real"``.
        Default: the first of these that holds all qualities. The qualities stay as they are;
        :meth:`normalized` brings them to [0, 1].
    datasets : list of str, length n, optional
        The data set or task of each prompt, for controls and slices.
    report : Report, optional
        The account of the files it was read from; tables made from this one do not carry it.

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
    scale: str | None = None
    datasets: list[str] | None = None
    report: Report | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "prompts", list(self.prompts))
        set_(self, "models", list(self.models))
        shape = (len(self.prompts), len(self.models))
        quality = _frozen(self.quality, "quality", shape)
        empty = np.full(shape, np.nan) if self.cost is None else self.cost
        cost = _frozen(empty, "cost", shape)
        if self.datasets is not None:
            set_(self, "datasets", [str(name) for name in self.datasets])
        set_(self, "quality", quality)
        set_(self, "cost", cost)
        _check(self)
        if self.scale is None:
            set_(self, "scale", _scale_of(quality))
        elif self.scale not in SCALES:
            raise InputError(f"'scale' must be one of {', '.join(SCALES)}, got {self.scale!r}")

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
            datasets=None if self.datasets is None else [self.datasets[i] for i in index],
            report=None,
        )

    def normalized(self) -> OutcomeTable:
        """Return the table with qualities in [0, 1]: 1 to 2 minus 1, 1 to 10 minus 1 over 9.

        Raises
        ------
        InputError
            The scale is ``"real"``: nobody knows its ends.
        """
        low, high = SCALES[str(self.scale)]
        if not np.isfinite(high):
            raise InputError(f"{self.name}: the scale is {self.scale!r}, which has no ends")
        if (low, high) == (0.0, 1.0):
            return self
        quality = (self.quality - low) / (high - low)
        return replace(self, quality=quality, scale="0-1", report=None)

    def join(
        self, other: OutcomeTable, *, aliases: Mapping[str, str] | None = None
    ) -> OutcomeTable:
        """Return one table of the prompts that both have, with the models of both.

        Parameters
        ----------
        other : OutcomeTable
            Outcomes of other models on the same questions.
        aliases : mapping, optional
            Model names of `other` to the names they shall have.

        Returns
        -------
        OutcomeTable
            In the order of this table. Prompts are compared with runs of white space as one space.
            A prompt that a table has more than once meets the other's by its number: the first
            with the first, the second with the second.

        Raises
        ------
        InputError
            No common prompt, a model that both have, or scales that cannot be compared.

        Examples
        --------
        >>> a = OutcomeTable(["1+1", "why?"], ["small"], [[1], [0]])
        >>> b = OutcomeTable(["why?", " 1+1"], ["large"], [[1], [1]])
        >>> joined = a.join(b)
        >>> joined.models, joined.quality.tolist()
        (['small', 'large'], [[1.0, 1.0], [0.0, 1.0]])
        """
        from routelab.outcomes.aliases import check_aliases

        check_aliases(aliases or {}, other.models)
        models = [(aliases or {}).get(model, model) for model in other.models]
        both = [model for model in models if model in self.models]
        if both:
            raise InputError(
                f"both {self.name!r} and {other.name!r} have the model {both[0]!r}: stack their "
                "files, or rename it with aliases="
            )
        if self.scale != other.scale and {self.scale, other.scale} & set(SPECIAL_SCALES):
            raise InputError(
                f"{self.name!r} is on the scale {self.scale}, {other.name!r} on {other.scale}: "
                "join their .normalized() tables"
            )
        place = {key: row for row, key in enumerate(_keys(other.prompts))}
        pairs = [(i, place[key]) for i, key in enumerate(_keys(self.prompts)) if key in place]
        if not pairs:
            raise InputError(f"{self.name!r} and {other.name!r} have no prompt in common")
        left, right = (list(rows) for rows in zip(*pairs, strict=True))
        return OutcomeTable(
            [self.prompts[row] for row in left],
            [*self.models, *models],
            np.hstack([self.quality[left], other.quality[right]]),
            np.hstack([self.cost[left], other.cost[right]]),
            f"{self.name} + {other.name}",
            scale=self.scale if self.scale == other.scale else None,
            datasets=None if self.datasets is None else [self.datasets[row] for row in left],
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
        return replace(self, cost=np.where(known, self.cost, filled), report=None)

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


def _keys(prompts: list[str]) -> list[tuple[str, int]]:
    """Return each prompt's text, white space as one space, and how often it stood before."""
    seen: dict[str, int] = {}
    keys = []
    for prompt in prompts:
        text = " ".join(prompt.split())
        seen[text] = seen.get(text, -1) + 1
        keys.append((text, seen[text]))
    return keys


def _scale_of(quality: np.ndarray) -> str:
    """Return the narrowest scale that holds all qualities (floating error aside)."""
    known = quality[~np.isnan(quality)]
    if np.isin(known, (0.0, 1.0)).all():
        return "boolean"
    low, high = known.min(), known.max()
    for name, (bottom, top) in SCALES.items():
        if name != "boolean" and bottom - 1e-9 <= low and high <= top + 1e-9:
            return name
    return "real"


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
    if table.datasets is not None and len(table.datasets) != len(table.prompts):
        raise InputError(
            f"{table.name}: 'datasets' must name the data set of {len(table.prompts)} prompts, "
            f"got {len(table.datasets)}"
        )
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
