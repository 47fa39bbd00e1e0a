"""What an answer is worth: one value per model group or model, or measured per request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.outcomes import OutcomeTable
from routelab.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """Quality by name of a model group or of a catalog model.

    Attributes
    ----------
    names : tuple of str
        One per column.
    values : (n_requests, n_names) or (1, n_names) float64
        In order of time; NaN is not measured; one row holds for all requests.
    """

    names: tuple[str, ...]
    values: np.ndarray

    def of_served(self, plan: Plan, deployment: np.ndarray) -> np.ndarray:
        """Return the quality of each request by the deployment that served it, NaN if none did.

        Deployments are numbers in the plan's order, -1 where none served.

        Raises
        ------
        InputError
            A deployment that served has neither its model group nor its model among the names.
        """
        columns = np.array([*self._columns(plan).values(), 0])
        for number in np.unique(deployment[deployment >= 0]):
            if columns[number] < 0:
                missing = list(plan.deployments.values())[number]
                raise InputError(
                    f"quality has no value for the deployment {missing.id!r} ({missing.model}); "
                    f"it knows {', '.join(self.names)}"
                )
        rows = 0 if len(self.values) == 1 else np.arange(len(deployment))
        return np.where(deployment >= 0, self.values[rows, columns[deployment]], np.nan)

    def _columns(self, plan: Plan) -> dict[str, int]:
        number = {name: i for i, name in enumerate(self.names)}
        found = {}
        for group, deployments in plan.models.items():
            for d in deployments:
                names = (group, d.model, plan.model_of(d).litellm_model)
                found[d.id] = next((number[n] for n in names if n in number), -1)
        return found


def as_quality(quality: Any, traffic: pd.DataFrame) -> Quality | None:
    """Return what a caller gave as quality in one form.

    Parameters
    ----------
    quality : mapping, OutcomeTable or DataFrame, optional
        Model group or model to a number; or outcomes, matched by prompt (the mean where a prompt
        occurs more than once); or a DataFrame with ``request_id`` as its index and model groups
        or models as its columns.
    traffic : DataFrame
        Checked, in order of time.

    Raises
    ------
    InputError
        A value is no number, or no request has a quality.
    """
    if quality is None:
        return None
    if isinstance(quality, Mapping):
        return _from_mapping(quality)
    if isinstance(quality, OutcomeTable):
        table = pd.DataFrame(quality.quality, index=quality.prompts, columns=quality.models)
        found = _aligned(table.groupby(level=0).mean(), traffic["prompt"], "prompt")
    elif isinstance(quality, pd.DataFrame):
        if quality.index.has_duplicates:
            raise InputError("quality: a request_id stands twice in the index")
        found = _aligned(quality, traffic["request_id"], "request_id")
    else:
        raise InputError(
            "quality must be a mapping from model group to number, an OutcomeTable or a "
            f"DataFrame, got {type(quality).__name__}"
        )
    return found


def _from_mapping(quality: Mapping[Any, Any]) -> Quality:
    for name, value in quality.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not np.isfinite(value):
            raise InputError(f"quality of {name!r} must be a finite number, got {value!r}")
    if not quality:
        raise InputError("quality is an empty mapping")
    return Quality(tuple(map(str, quality)), np.array([list(quality.values())], float))


def _aligned(table: pd.DataFrame, keys: pd.Series, what: str) -> Quality:
    rows = table.reindex(keys.astype(object).to_numpy())
    values = rows.to_numpy(float)
    if np.isinf(values).any():
        raise InputError("quality must be finite; use NaN where it was not measured")
    if np.isnan(values).all():
        raise InputError(f"quality: no request has a {what} that the table knows")
    return Quality(tuple(map(str, table.columns)), values)
