"""What a replay assumes about models that did not serve a request, each with its source."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import yaml
from numpy.typing import ArrayLike

from routelab._checks import InputError, atomic_file
from routelab._yaml import read_yaml
from routelab.catalog import Catalog
from routelab.fits import _file
from routelab.fits._rows import check_least, modelled
from routelab.fits.failures import FailureModel, fit_failures
from routelab.fits.latency import PARTS, LatencyModel, fit_latency
from routelab.fits.verbosity import VerbosityModel, fit_verbosity
from routelab.outcomes import OutcomeTable
from routelab.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class PlanAssumptions:
    """Assumptions for the deployments of a plan, in their order; NaN where nothing is known.

    Attributes
    ----------
    deployments : list of str, length d
    ttft_s, ttft_s_per_input_token, s_per_output_token, sigma : float64 arrays of shape (d,)
        Seconds = (ttft_s + ... input tokens + ... output tokens) x lognormal of median 1.
    output_factor_low, output_factor, output_factor_high : float64 arrays of shape (d,)
        Output tokens relative to `reference`, with the ends of a 95 % interval.
    failure_probability : float64 array of shape (d,)
        Of a call outside of outages.
    reference : str or None
    """

    deployments: list[str]
    ttft_s: np.ndarray
    ttft_s_per_input_token: np.ndarray
    s_per_output_token: np.ndarray
    sigma: np.ndarray
    output_factor_low: np.ndarray
    output_factor: np.ndarray
    output_factor_high: np.ndarray
    failure_probability: np.ndarray
    reference: str | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return one row per deployment."""
        names = [f.name for f in fields(self) if f.name not in ("deployments", "reference")]
        index = pd.Index(self.deployments, name="deployment")
        return pd.DataFrame({name: getattr(self, name) for name in names}, index=index)


@dataclass(frozen=True, slots=True, eq=False)
class Assumptions:
    """Latency, verbosity and failures as fitted on a log; each may be absent.

    Parameters
    ----------
    latency : LatencyModel, optional
    verbosity : VerbosityModel, optional
    failures : FailureModel, optional
    skipped : tuple of str
        Why a part is absent.

    Examples
    --------
    >>> from routelab import Plan
    >>> from routelab.datasets import load_traffic
    >>> assumed = Assumptions.fit(load_traffic())
    >>> plan = Plan(models={"strong": "gpt-4o", "cheap": "gemini/gemini-2.5-flash"},
    ...             default="cheap")
    >>> assumed.for_plan(plan).s_per_output_token.round(4).tolist()
    [0.0143, nan]
    """

    latency: LatencyModel | None = None
    verbosity: VerbosityModel | None = None
    failures: FailureModel | None = None
    skipped: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        traffic: pd.DataFrame,
        *,
        outages: pd.DataFrame | None = None,
        outcomes: OutcomeTable | None = None,
        output_tokens: ArrayLike | None = None,
        catalog: Catalog | None = None,
        min_requests: int = 50,
    ) -> Assumptions:
        """Fit all that the log can tell; `skipped` and :meth:`notes` say what it cannot.

        Parameters
        ----------
        traffic : DataFrame
            In the traffic schema.
        outages : DataFrame, optional
            See :func:`fit_failures`.
        outcomes, output_tokens : OutcomeTable and array of shape (n_prompts, n_models), optional
            Take the verbosity from these instead of the traffic.
        catalog : Catalog, optional
            Names the providers of models where the log does not.
        min_requests : int, default=50
            Of a model, in each part.

        Raises
        ------
        InputError
            No row names a model, or a parameter is wrong.
        """
        check_least(min_requests)
        frame = modelled(traffic)
        answered = frame[frame["status"] < 400]
        latency = verbosity = None
        skipped = []
        if answered["latency_s"].notna().any():
            latency = fit_latency(traffic, min_requests=min_requests)
        else:
            skipped.append("no latency was fitted: no answered request of the log has one")
        counts = answered.loc[answered["output_tokens"] > 0, "model"].value_counts()
        if outcomes is not None or output_tokens is not None:
            if outcomes is None:
                raise InputError("'output_tokens' goes with 'outcomes'")
            verbosity = fit_verbosity(
                outcomes, output_tokens=output_tokens, min_requests=min_requests
            )
        elif (counts >= min_requests).any():
            verbosity = fit_verbosity(traffic, min_requests=min_requests)
        else:
            skipped.append(
                f"no verbosity was fitted: no model has {min_requests} answers with output tokens"
            )
        failures = fit_failures(
            traffic, outages=outages, catalog=catalog, min_requests=min_requests
        )
        return cls(latency, verbosity, failures, tuple(skipped))

    @classmethod
    def from_yaml(cls, path: str | os.PathLike[str]) -> Assumptions:
        """Read what :meth:`to_yaml` wrote.

        Raises
        ------
        InputError
            With ``file:line:column`` of the first thing that is wrong.
        """
        latency, verbosity, failures, skipped = _file.parse(read_yaml(path, "assumptions"))
        return cls(latency, verbosity, failures, skipped)

    def to_yaml(self, path: str | os.PathLike[str]) -> None:
        """Write the assumptions; `path` is replaced only when all is written."""
        data = _file.to_mapping(self.latency, self.verbosity, self.failures, self.skipped)
        with atomic_file(path) as temporary:
            text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
            temporary.write_text(text, encoding="utf-8")

    def notes(self) -> list[str]:
        """Say in sentences what each assumption rests on."""
        parts = (self.latency, self.verbosity, self.failures)
        told = [note for part in parts if part is not None for note in part.notes()]
        return told + list(self.skipped)

    def for_plan(self, plan: Plan) -> PlanAssumptions:
        """Return arrays for the deployments of a plan, in the order of ``plan.deployments``.

        A deployment takes what the log knows of its model by the catalog's name, or else by the
        gateway's (``litellm_model``).
        """
        spots = list(plan.deployments.values())
        names = [_names(plan, deployment.model) for deployment in spots]
        latency = [self._latency(own) for own in names]
        factors = [self._factors(own) for own in names]
        failing = [
            self._failing(own, plan.provider_of(deployment))
            for own, deployment in zip(names, spots, strict=True)
        ]
        start, per_input, per_output, sigma = np.array(latency, np.float64).T
        low, mid, high = np.array(factors, np.float64).T
        return PlanAssumptions(
            deployments=list(plan.deployments),
            ttft_s=start,
            ttft_s_per_input_token=per_input,
            s_per_output_token=per_output,
            sigma=sigma,
            output_factor_low=low,
            output_factor=mid,
            output_factor_high=high,
            failure_probability=np.array(failing, np.float64),
            reference=None if self.verbosity is None else self.verbosity.reference,
        )

    def output_factor_of_logged(self, models: pd.Series) -> np.ndarray:
        """Return the output factor of the model that served each request, float64 (n,).

        Logged output tokens divided by it are those of the reference. NaN where the model is
        unknown or only assumed equal.
        """
        if self.verbosity is None:
            return np.full(len(models), np.nan)
        known = {str(name): self._factors([str(name)])[1] for name in self.verbosity.table.index}
        return models.map(known).to_numpy(np.float64, na_value=np.nan)

    def _latency(self, names: list[str]) -> list[float]:
        if self.latency is not None:
            for name in names:
                if name in self.latency.table.index:
                    return _numbers(self.latency.table, name, (*PARTS, "sigma"))
        return [np.nan] * 4

    def _factors(self, names: list[str]) -> list[float]:
        if self.verbosity is not None:
            for name in names:
                if name in self.verbosity.table.index:
                    if self.verbosity.table.at[name, "kind"] == "assumed equal":
                        break
                    return _numbers(self.verbosity.table, name, ("low", "factor", "high"))
        return [np.nan] * 3

    def _failing(self, names: list[str], provider: str) -> float:
        if self.failures is not None:
            for name in names:
                found = self.failures.probability(name, provider)
                if not np.isnan(found):
                    return found
        return np.nan


def _numbers(table: pd.DataFrame, name: str, columns: tuple[str, ...]) -> list[float]:
    return [float(value) for value in table.loc[name, list(columns)].to_numpy(np.float64)]


def _names(plan: Plan, model: str) -> list[str]:
    gateway_name = plan.catalog[model].litellm_model
    return [model, gateway_name] if gateway_name else [model]
