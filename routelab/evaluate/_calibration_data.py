"""What a calibration reads off outcomes, labels or traffic: one worth per prompt and answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.encoders import check_prompts
from routelab.evaluate._targets import Target
from routelab.routers._labels import same_text


@dataclass(slots=True)
class Given:
    """The prompts of a calibration and what is known of them.

    Attributes
    ----------
    prompts : list of str, length n
    groups : ndarray of int (n,)
        Rows that stay together; for traffic unused.
    times : ndarray of int64 (n,) or None
        Microseconds since 1970, UTC; traffic only.
    labels : list or None
    quality, cost : ndarray (n, answers) or None
        Of each answer of the router; USD.
    notes : list of str
    """

    prompts: list[str]
    groups: np.ndarray
    times: np.ndarray | None = None
    labels: list[Any] | None = None
    quality: np.ndarray | None = None
    cost: np.ndarray | None = None
    notes: list[str] = field(default_factory=list)


def read_given(
    data: Any,
    target: Target,
    answers: list[Any],
    models: Mapping[str, str] | None,
    catalog: Any,
) -> Given:
    """Return what `data` says about the answers of a router; see `routelab.calibrate`."""
    if hasattr(data, "quality") and hasattr(data, "models") and hasattr(data, "prompts"):
        _check_fit(target, "outcomes", ("quality", "usd_per_day", "strong_share"))
        return _outcomes(data, target, answers, models)
    if isinstance(data, pd.DataFrame) and "timestamp" in data:
        _check_fit(target, "traffic", ("usd_per_day", "strong_share"))
        return _traffic(data, target, answers, models, catalog)
    if isinstance(data, pd.DataFrame):
        if "prompt" not in data:
            raise InputError(f"data has no column 'prompt', only {', '.join(map(str, data))}")
        labelled = "label" in data
        what, fits = ("labels", ("precision", "strong_share")) if labelled else (
            "prompts", ("strong_share",))  # fmt: skip
        _check_fit(target, what, fits)
        return _labels(data)
    raise InputError(
        "data must be an OutcomeTable, a frame of traffic or a frame of labels, got "
        f"{type(data).__name__}"
    )


def _check_fit(target: Target, what: str, fits: tuple[str, ...]) -> None:
    if target.name not in fits:
        needs = {"quality": "outcomes", "precision": "labels", "usd_per_day": "traffic or outcomes"}
        raise InputError(
            f"{target.name} cannot be read off {what}: it needs {needs[target.name]}; {what} serve "
            f"{' and '.join(fits)}"
        )


def _named(answers: list[Any], models: Mapping[str, str] | None) -> list[str]:
    given = dict(models or {})
    for name in given:
        if name not in map(str, answers):
            raise InputError(
                f"'models' names {name!r}, which is no answer of the router"
                f"{did_you_mean(name, map(str, answers))}"
            )
    return [given.get(str(answer), str(answer)) for answer in answers]


def _outcomes(
    table: Any, target: Target, answers: list[Any], models: Mapping[str, str] | None
) -> Given:
    names, columns = [str(name) for name in table.models], []
    for answer, name in zip(answers, _named(answers, models), strict=True):
        if name not in names:
            raise InputError(
                f"the router answers {str(answer)!r}, and the outcomes have no model {name!r}"
                f"{did_you_mean(name, names)}; name it in 'models'"
            )
        columns.append(names.index(name))
    quality, cost = np.asarray(table.quality)[:, columns], np.asarray(table.cost)[:, columns]
    known = np.isfinite(quality).all(axis=1)
    notes = []
    if not known.all():
        notes.append(f"{(~known).sum()} prompts lack the quality of a model: left out")
    if target.name == "usd_per_day":
        priced = np.isfinite(cost).all(axis=1)
        if not priced.any():
            raise InputError(
                "usd_per_day needs the cost of every model: fill the outcomes by with_costs or "
                "with_prices"
            )
        if (known & ~priced).any():
            notes.append(f"{(known & ~priced).sum()} prompts lack the cost of a model: left out")
        known &= priced
    if not known.any():
        raise InputError("no prompt has the quality and cost of every model the router answers")
    prompts = [p for p, keep in zip(table.prompts, known, strict=True) if keep]
    given = Given(prompts, same_text(prompts), quality=quality[known], notes=notes)
    if np.isfinite(cost[known]).all():
        given.cost = cost[known]
    elif np.isfinite(cost).any():
        notes.append(f"{np.isnan(cost[known]).sum()} costs are missing, so cost is left out")
    return given


def _traffic(
    frame: pd.DataFrame,
    target: Target,
    answers: list[Any],
    models: Mapping[str, str] | None,
    catalog: Any,
) -> Given:
    from routelab.traffic import check_traffic

    traffic = check_traffic(frame)
    notes = []
    written = traffic["prompt"].notna().to_numpy()
    if not written.all():
        notes.append(f"{(~written).sum()} of {len(traffic)} requests have no prompt: left out")
    priced = target.name == "usd_per_day" or catalog is not None
    if priced:
        counted = traffic[["input_tokens", "output_tokens"]].notna().all(axis=1).to_numpy()
        if (written & ~counted).any():
            notes.append(f"{(written & ~counted).sum()} requests have no token counts: left out")
        written = written & counted
    if not written.any():
        raise InputError("no request of the traffic has a prompt and token counts to route by")
    traffic = traffic[written]
    prompts = check_prompts(traffic["prompt"].tolist())
    times = traffic["timestamp"].astype("int64").to_numpy()
    given = Given(prompts, np.arange(len(prompts)), times=times, notes=notes)
    if priced:
        given.cost = _prices(traffic, _named(answers, models), catalog)
    return given


def _prices(traffic: pd.DataFrame, names: list[str], catalog: Any) -> np.ndarray:
    """Return USD of each request (n,) on each model (models,), by its logged tokens."""
    from routelab.catalog import Catalog

    prices = Catalog.bundled() if catalog is None else catalog
    coming = traffic["input_tokens"].to_numpy(float)
    going = traffic["output_tokens"].to_numpy(float)
    cached = np.minimum(traffic["cached_input_tokens"].to_numpy(float), coming)
    return np.column_stack([prices.cost(name, coming, going, cached) for name in names])


def _labels(frame: pd.DataFrame) -> Given:
    prompts = check_prompts(frame["prompt"].tolist())
    groups = same_text(prompts)
    if "group" in frame:
        groups = np.unique(frame["group"].astype(str), return_inverse=True)[1]
    given = Given(prompts, groups)
    if "label" in frame:
        missing = frame["label"].isna().to_numpy()
        if missing.any():
            raise InputError(f"data: the label of row {int(missing.argmax())} is missing")
        given.labels = frame["label"].tolist()
    return given
