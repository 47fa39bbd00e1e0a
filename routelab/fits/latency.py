"""How long a model takes: first token and generation, fitted on a log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from routelab._checks import InputError, did_you_mean
from routelab.fits._positive import fit_positive, spread
from routelab.fits._rows import check_least, floats, modelled

PARTS = ("ttft_s", "ttft_s_per_input_token", "s_per_output_token")
COLUMNS = (
    *PARTS, "sigma", "n", "explained", *(f"{part}_se" for part in PARTS), "input_tokens_min",
    "input_tokens_max", "output_tokens_min", "output_tokens_max", "source",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class LatencyModel:
    """Latencies by model: seconds = (a + b input tokens + c output tokens) x lognormal error.

    Attributes
    ----------
    table : DataFrame indexed by model
        `ttft_s` (a), `ttft_s_per_input_token` (b), `s_per_output_token` (c) and their standard
        errors `..._se` (NaN where a coefficient is held at 0); `sigma` of the error in logs;
        `n` requests; `explained`, the share of the absolute error in logs of a plain median that
        the tokens explain (Koenker and Machado 1999, JASA 94, eq. 7); the range of tokens in the
        fit; `source` in words. Models that were not fitted have NaN, and the reason as source.
    """

    table: pd.DataFrame

    @property
    def fitted(self) -> list[str]:
        """Models that have coefficients."""
        return self.table.index[self.table["sigma"].notna()].tolist()

    @property
    def not_fitted(self) -> dict[str, str]:
        """Models that have none, with the reason."""
        rest = self.table[self.table["sigma"].isna()]
        return dict(zip(rest.index.tolist(), rest["source"].tolist(), strict=True))

    def predict(self, model: str, input_tokens: ArrayLike, output_tokens: ArrayLike) -> np.ndarray:
        """Return the median latency in seconds, float64 in the shape of the tokens.

        Raises
        ------
        InputError
            The model is unknown or was not fitted.
        """
        if model not in self.table.index:
            raise InputError(
                f"no latency was fitted for {model!r}{did_you_mean(model, self.table.index)}"
            )
        if model in self.not_fitted:
            raise InputError(f"no latency for {model!r}: {self.not_fitted[model]}")
        a, b, c = self.table.loc[model, list(PARTS)].to_numpy(np.float64)
        into = np.asarray(input_tokens, dtype=np.float64)
        out = np.asarray(output_tokens, dtype=np.float64)
        return a + b * into + c * out

    def notes(self) -> list[str]:
        """Say in sentences what each model's latency rests on."""
        told = [f"latency of {model}: {source}" for model, source in self.table["source"].items()]
        return told


def fit_latency(traffic: pd.DataFrame, *, min_requests: int = 50) -> LatencyModel:
    """Fit the latency of every model in a log, to say how long it would have taken elsewhere.

    Answered requests (status below 400, not censored, tokens and latency known) are used. Where
    the log has the time to the first token of at least `min_requests` of them (and it is
    shorter than the latency: loggers that copy the end do not count), first token and generation
    are fitted apart; else jointly from the latency. Requests cut off by a timeout are not in it,
    so a model that often meets its timeout looks faster than it is.

    Parameters
    ----------
    traffic : DataFrame
        In the traffic schema.
    min_requests : int, default=50
        Fewer usable requests of a model: not fitted, with the reason as `source`.

    Returns
    -------
    LatencyModel

    Raises
    ------
    InputError
        No row names a model, or `min_requests` is below 1.

    Notes
    -----
    Least squares of logs with Huber's loss and coefficients >= 0. Load is not in the model:
    a busy hour counts into `sigma`.

    Examples
    --------
    >>> from routelab.datasets import load_traffic
    >>> latency = fit_latency(load_traffic())
    >>> latency.table.loc["gpt-4o", "source"]
    'fitted on 22,615 requests, first token and generation apart'
    >>> latency.predict("gpt-4o", [1000, 1000], [0, 500]).round(1).tolist()
    [0.7, 7.8]
    """
    least = check_least(min_requests)
    frame = modelled(traffic)
    rows = {str(m): _fit_one(own, least) for m, own in frame.groupby("model", sort=True)}
    return LatencyModel(latency_table(rows))


def latency_table(rows: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return rows by model as a typed table."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    types = dict.fromkeys(COLUMNS, "float64") | {"n": "int64", "source": "string"}
    return table.astype(types).rename_axis("model")


def _fit_one(own: pd.DataFrame, least: int) -> dict[str, Any]:
    into, out = floats(own, "input_tokens"), floats(own, "output_tokens")
    latency, first = floats(own, "latency_s"), floats(own, "ttft_s")
    usable = (own["status"] < 400).to_numpy() & (out > 0) & (latency > 0) & ~np.isnan(into)
    into, out, latency, first = into[usable], out[usable], latency[usable], first[usable]
    n = len(latency)
    if n < least:
        reason = f"not fitted: {n:,} usable requests with latency, fewer than {least}"
        return {"n": n, "source": reason}
    told = (first > 0) & (first < latency)
    if told.sum() >= least:
        ones = np.ones(int(told.sum()))
        start, start_se = fit_positive(np.column_stack([ones, _varying(into[told])]), first[told])
        rest, rest_se = fit_positive(out[told][:, None], (latency - first)[told])
        b, se = np.append(start, rest), np.append(start_se, rest_se)
        how = "first token and generation apart"
        if told.sum() < n:
            how += f" (first token known for {int(told.sum()):,})"
    else:
        b, se = fit_positive(np.column_stack([np.ones(n), _varying(into), _varying(out)]), latency)
        how = "jointly from the latency"
    if np.ptp(into) == 0 or np.ptp(out) == 0:
        how += "; tokens that never vary have no slope of their own"
    errors = np.log(latency) - np.log(b[0] + b[1] * into + b[2] * out)
    plain = np.abs(np.log(latency) - np.median(np.log(latency))).sum()
    return {
        **dict(zip(PARTS, b, strict=True)),
        **{f"{part}_se": value for part, value in zip(PARTS, se, strict=True)},
        "sigma": spread(errors),
        "n": n,
        "explained": 1 - np.abs(errors).sum() / plain if plain > 0 else np.nan,
        "input_tokens_min": into.min(),
        "input_tokens_max": into.max(),
        "output_tokens_min": out.min(),
        "output_tokens_max": out.max(),
        "source": f"fitted on {n:,} requests, {how}",
    }


def _varying(tokens: np.ndarray) -> np.ndarray:
    """Return the tokens, or zeros (no slope) where they are all the same."""
    return tokens if np.ptp(tokens) > 0 else np.zeros(len(tokens))
