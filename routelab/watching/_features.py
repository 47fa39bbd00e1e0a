"""What is looked at of each request: numbers and names, never the text itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from routelab.plan import Plan

#: More answers than this are not looked at one by one; their best score is.
SCORES = 8
HOURS = 24
LENGTH = "prompt characters"
HOUR = "hour of day"
#: Features of every request, with a prompt or without.
OF_EVERY = (
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "latency_s",
    HOUR,
    "model",
    LENGTH,
)


@dataclass(frozen=True)
class Features:
    """Columns of numbers (NaN: missing) and of names, one row per request.

    Attributes
    ----------
    numbers, names : dict of str to array (n,)
    """

    numbers: dict[str, np.ndarray]
    names: dict[str, np.ndarray]

    def part(self, rows: slice) -> Features:
        """Return the features of some rows; without a prompt among them, none that needs one."""
        numbers = {name: kept[rows] for name, kept in self.numbers.items()}
        names = {name: kept[rows] for name, kept in self.names.items()}
        if np.isnan(numbers[LENGTH]).all():
            numbers = {name: kept for name, kept in numbers.items() if name in OF_EVERY}
            names = {name: kept for name, kept in names.items() if name in OF_EVERY}
        return Features(numbers, names)


def told(name: str, value: float) -> str:
    """Return a number of a feature as people read it: an hour as on a clock.

    Examples
    --------
    >>> told("hour of day", 14.53), told("input_tokens", 1234.567)
    ('14:32', '1235')
    """
    if name != HOUR:
        return f"{value:.4g}"
    minutes = round(value * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def features_of(traffic: pd.DataFrame, plan: Plan, decisions: pd.DataFrame, zone: str) -> Features:
    """Return the features of traffic whose decisions are known."""
    numbers: dict[str, np.ndarray] = {}
    names: dict[str, np.ndarray] = {}
    for name in OF_EVERY[:4]:
        numbers[name] = traffic[name].to_numpy(float, na_value=np.nan)
    local = traffic["timestamp"].dt.tz_convert(zone)
    numbers[HOUR] = (local.dt.hour + local.dt.minute / 60).to_numpy(float)
    names["model"] = _texts(traffic["model"])
    written = traffic["prompt"].notna().to_numpy()
    numbers[LENGTH] = _spread(written, traffic["prompt"][written].str.len())
    if written.any():
        texts = traffic["prompt"][written].astype(str).to_numpy(object)
        codes, unique = pd.factorize(texts)
        for name, values in _of_prompts(list(unique), plan).items():
            numbers[name] = _spread(written, values[codes])
        if plan.router is not None:
            names["route"] = _texts(decisions["route"])
            names["model group"] = _texts(decisions["group"])
    return Features(numbers, names)


def _of_prompts(prompts: list[str], plan: Plan) -> dict[str, np.ndarray]:
    """Return the language and the router's scores of different prompts (m,)."""
    from routelab.routers import PromptFeatures

    language = PromptFeatures.NAMES.index("share_english_words")
    found = {"English words": np.asarray(PromptFeatures().transform(prompts))[:, language]}
    found["English words"] = found["English words"].astype(float)
    if plan.router is None:
        return found
    router = plan.router.resolve()
    for method, answers in (("predict_proba", "classes_"), ("predict_quality", "models_")):
        if hasattr(router, method):
            scores = np.asarray(getattr(router, method)(prompts), float)
            found["best score"] = scores.max(axis=1)
            listed = np.asarray(getattr(router, answers)).tolist()
            if len(listed) <= SCORES:
                found |= {f"score of {a}": scores[:, k] for k, a in enumerate(listed)}
            break
    return found


def _spread(written: np.ndarray, values: Any) -> np.ndarray:
    """Return values of the rows with a prompt as values of all rows, NaN elsewhere."""
    column = np.full(len(written), np.nan)
    column[written] = np.asarray(values, float)
    return column


def _texts(column: pd.Series) -> np.ndarray:
    return column.astype("object").where(column.notna(), "(none)").to_numpy(object)
