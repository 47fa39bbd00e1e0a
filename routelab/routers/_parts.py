"""What is inside a router: estimators, and whether one of them asks a service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn.base import BaseEstimator

from routelab.encoders import LitellmEncoder


def asks_service(router: Any) -> bool:
    """Return whether a router's encoder asks a provider for the vector of each prompt."""
    return any(isinstance(part, LitellmEncoder) for part in estimators_in(router))


def estimators_in(value: Any) -> Iterator[BaseEstimator]:
    """Yield an estimator and those inside it."""
    if isinstance(value, BaseEstimator):
        yield value
        value = list(vars(value).values())
    if isinstance(value, list | tuple):
        for inner in value:
            yield from estimators_in(inner)
