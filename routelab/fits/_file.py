"""Assumptions as plain data, and back with every value checked and its place named."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, ValidationError

from routelab._checks import InputError
from routelab._plan_parts import Part
from routelab._yaml import Document
from routelab.fits.failures import FailureModel, failure_table
from routelab.fits.latency import LatencyModel, latency_table
from routelab.fits.verbosity import VerbosityModel, verbosity_table

Number = float | None
NotNegative = Field(None, ge=0)
Share = Field(None, ge=0, le=1)
Positive = Field(None, gt=0)


class LatencyRow(Part):
    ttft_s: Number = NotNegative
    ttft_s_per_input_token: Number = NotNegative
    s_per_output_token: Number = NotNegative
    sigma: Number = NotNegative
    n: int = Field(ge=0)
    explained: Number = None
    ttft_s_se: Number = NotNegative
    ttft_s_per_input_token_se: Number = NotNegative
    s_per_output_token_se: Number = NotNegative
    input_tokens_min: Number = NotNegative
    input_tokens_max: Number = NotNegative
    output_tokens_min: Number = NotNegative
    output_tokens_max: Number = NotNegative
    source: str


class VerbosityRow(Part):
    factor: float = Field(gt=0)
    low: Number = Positive
    high: Number = Positive
    se_log: Number = NotNegative
    n: int = Field(ge=0)
    prompts: int = Field(ge=0)
    kind: Literal["reference", "paired", "unpaired", "assumed equal"]
    source: str
    covariance: dict[str, float] = {}


class Verbosity(Part):
    reference: str
    mean: Literal["arithmetic", "geometric"]
    models: dict[str, VerbosityRow]


class FailureRow(Part):
    model: str
    provider: str | None = None
    n: int = Field(ge=0)
    failures: int = Field(ge=0)
    probability: Number = Share
    low: Number = Share
    high: Number = Share
    rate_limit: Number = Share
    timeout: Number = Share
    server: Number = Share
    caller_errors: int = Field(ge=0)
    in_outages: int = Field(ge=0)
    source: str


class AssumptionsFile(Part):
    version: Literal[1]
    latency: dict[str, LatencyRow] | None = None
    verbosity: Verbosity | None = None
    failures: list[FailureRow] | None = None
    skipped: tuple[str, ...] = ()


def to_mapping(
    latency: LatencyModel | None,
    verbosity: VerbosityModel | None,
    failures: FailureModel | None,
    skipped: tuple[str, ...],
) -> dict[str, Any]:
    """Return plain data for YAML or JSON, without what is unknown."""
    data: dict[str, Any] = {"version": 1}
    if latency is not None:
        data["latency"] = _by_name(latency.table)
    if verbosity is not None:
        models = _by_name(verbosity.table)
        for name, row in models.items():
            shared = verbosity.covariance.loc[name].to_dict()
            row["covariance"] = {str(k): float(v) for k, v in shared.items() if v != 0}
        data["verbosity"] = {"reference": verbosity.reference, "mean": verbosity.mean}
        data["verbosity"]["models"] = models
    if failures is not None:
        data["failures"] = _rows(failures.table)
    if skipped:
        data["skipped"] = list(skipped)
    return data


def parse(
    document: Document,
) -> tuple[LatencyModel | None, VerbosityModel | None, FailureModel | None, tuple[str, ...]]:
    """Return the parts of a document, or say where it is wrong."""
    try:
        read = AssumptionsFile.model_validate(document.data)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"]
        if first["type"] == "extra_forbidden":
            message = "there is no such field in assumptions"
        elif isinstance(first.get("input"), (str, int, float, bool)):
            message += f", got {first['input']!r}"
        place = ".".join(map(str, first["loc"])) or "assumptions"
        raise InputError(f"{document.where(first['loc'])}: {place}: {message}") from None
    latency = failures = None
    if read.latency is not None:
        latency = LatencyModel(latency_table({k: _plain(v) for k, v in read.latency.items()}))
    if read.failures is not None:
        failures = FailureModel(failure_table([_plain(row) for row in read.failures]))
    return latency, _verbosity(document, read.verbosity), failures, read.skipped


def _verbosity(document: Document, read: Verbosity | None) -> VerbosityModel | None:
    if read is None:
        return None
    if read.reference not in read.models:
        place = document.where(("verbosity", "reference"))
        raise InputError(f"{place}: the reference {read.reference!r} is not among the models")
    names = list(read.models)
    covariance = pd.DataFrame(0.0, index=names, columns=names)
    for name, row in read.models.items():
        for other, value in row.covariance.items():
            if other not in read.models:
                place = document.where(("verbosity", "models", name, "covariance", other))
                raise InputError(f"{place}: {other!r} is not among the models")
            covariance.loc[name, other] = value
    rows = {name: _plain(row, "covariance") for name, row in read.models.items()}
    return VerbosityModel(read.reference, verbosity_table(rows), covariance, read.mean)


def _plain(row: Part, *without: str) -> dict[str, Any]:
    given = row.model_dump(exclude=set(without))
    return {key: np.nan if value is None else value for key, value in given.items()}


def _by_name(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return dict(zip([str(name) for name in table.index], _rows(table), strict=True))


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as Python's own numbers and strings, without missing values."""
    return [
        {
            str(key): value.item() if isinstance(value, np.generic) else value
            for key, value in row.items()
            if not pd.isna(value)
        }
        for row in table.to_dict("records")
    ]
