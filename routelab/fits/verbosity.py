"""How many tokens one model writes where another wrote so many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from routelab._checks import InputError, did_you_mean
from routelab.fits._effects import connected, model_effects, poisson_effects
from routelab.fits._rows import check_least, floats, modelled
from routelab.outcomes import OutcomeTable

COLUMNS = ("factor", "low", "high", "se_log", "n", "prompts", "kind", "source")
CLASSES = 10  # of input length, for models that share no prompts
MEANS = ("arithmetic", "geometric")
_Z = float(norm.ppf(0.975))
_UNPAIRED = "traffic to different models may differ"


@dataclass(frozen=True, slots=True, eq=False)
class VerbosityModel:
    """Output tokens by model relative to a reference.

    Attributes
    ----------
    reference : str
        The model with factor 1.
    table : DataFrame indexed by model
        `factor`, `low` and `high` (95 %), `se_log`, `n` answers,
        `prompts` that other models answered, too; `kind` is "reference", "paired" (the same
        prompts), "unpaired" (other requests of the same length class) or "assumed equal"
        (nothing is known: factor 1, no interval); `source` in words.
    covariance : DataFrame of shape (n_models, n_models)
        Of the log factors.
    mean : {"arithmetic", "geometric"}
        Whether factors keep sums of tokens, or are those of a typical answer.
    """

    reference: str
    table: pd.DataFrame
    covariance: pd.DataFrame
    mean: str = "arithmetic"

    def factor(self, from_model: str, to_model: str) -> tuple[float, float, float]:
        """Return (low, mid, high): tokens of `to_model` per token of `from_model`, 95 % interval.

        Where nothing is known of one of them, (nan, 1, nan): assumed equal, and :meth:`source`
        says so.

        Raises
        ------
        InputError
            A name is in neither the log nor the outcomes.
        """
        for model in (from_model, to_model):
            if model not in self.table.index:
                raise InputError(
                    f"no verbosity is known for {model!r}{did_you_mean(model, self.table.index)}"
                )
        if from_model == to_model:
            return 1.0, 1.0, 1.0
        kinds = {self.table.at[model, "kind"] for model in (from_model, to_model)}
        if "assumed equal" in kinds:
            return np.nan, 1.0, np.nan
        logs = np.log(self.table["factor"])
        middle = float(logs[to_model] - logs[from_model])
        pair = self.covariance.loc[[from_model, to_model], [from_model, to_model]].to_numpy()
        width = _Z * float(np.sqrt(max(pair[0, 0] + pair[1, 1] - 2 * pair[0, 1], 0.0)))
        low, mid, high = np.exp([middle - width, middle, middle + width]).tolist()
        return low, mid, high

    def source(self, from_model: str, to_model: str) -> str:
        """Say in words what :meth:`factor` rests on."""
        named = [m for m in dict.fromkeys((from_model, to_model)) if m != self.reference]
        return "; ".join(f"{m}: {self.table['source'][m]!s}" for m in named) or "the same model"

    def notes(self) -> list[str]:
        """Say in sentences what each model's factor rests on."""
        told = [f"output tokens are relative to {self.reference}, by the {self.mean} mean"]
        others = self.table.drop(index=self.reference)
        for model, row in zip(map(str, others.index), others.to_dict("records"), strict=True):
            told.append(f"output tokens of {model}: {row['factor']:.3g} x, {row['source']}")
        return told


def fit_verbosity(
    source: pd.DataFrame | OutcomeTable,
    *,
    output_tokens: ArrayLike | None = None,
    reference: str | None = None,
    mean: str = "arithmetic",
    min_requests: int = 50,
) -> VerbosityModel:
    """Fit how long the answers of models are, relative to one of them.

    Prompts that several models answered give paired data: tokens = prompt x model x error, with
    cells missing and errors clustered by prompt. A model that shares fewer than `min_requests`
    prompts with others, or none with the reference's, is compared over requests of the same
    length class (tenths of input tokens) instead, and flagged as unpaired.

    Parameters
    ----------
    source : DataFrame or OutcomeTable
        Traffic (`model`, `output_tokens`, ideally `prompt`; requests of the same text are paired,
        whatever came before them in their session), or outcomes with `output_tokens` beside.
    output_tokens : array of shape (n_prompts, n_models), optional
        Only with outcomes, which carry no tokens: those of each answer, NaN where unknown.
    reference : str, optional
        Default: the model with most answers.
    mean : {"arithmetic", "geometric"}
        Arithmetic: Poisson's likelihood, which keeps the sums of tokens, hence the spend.
        Geometric: least squares of logs, the factor of a typical answer; sums come out wrong
        where one model's answers vary more than the other's.
    min_requests : int, default=50
        Fewer answers of a model: factor 1, "assumed equal".

    Returns
    -------
    VerbosityModel

    Raises
    ------
    InputError
        No answers with tokens, an unknown reference or one with fewer than `min_requests`
        answers, tokens of the wrong shape.

    Examples
    --------
    >>> from routelab.datasets import load_traffic
    >>> verbosity = fit_verbosity(load_traffic())
    >>> verbosity.table.loc["gpt-4o-mini", "source"]
    'paired on 693 prompts that other models answered, too'
    >>> [round(x, 2) for x in verbosity.factor("gpt-4o", "gpt-4o-mini")]
    [0.96, 1.0, 1.04]
    """
    least = check_least(min_requests)
    if mean not in MEANS:
        raise InputError(f"'mean' must be one of {', '.join(MEANS)}, got {mean!r}")
    if isinstance(source, OutcomeTable):
        rows = _from_outcomes(source, output_tokens)
    elif output_tokens is not None:
        raise InputError("'output_tokens' goes with outcomes; traffic has its own column")
    else:
        rows = _from_traffic(source)
    known = [str(m) for m in rows.attrs["models"]]
    counts = rows["model"].value_counts().reindex(known, fill_value=0)
    anchor = str(counts.idxmax()) if reference is None else reference
    if anchor not in counts.index:
        raise InputError(f"there is no model {anchor!r}{did_you_mean(anchor, known)}")
    if counts[anchor] < least:
        raise InputError(
            f"the reference {anchor!r} has {counts[anchor]} answers with tokens, "
            f"fewer than min_requests={least}"
        )
    enough = counts.index[counts >= least].tolist()
    covariance = pd.DataFrame(0.0, index=known, columns=known)
    fitted = poisson_effects if mean == "arithmetic" else model_effects
    if mean == "geometric":
        rows["tokens"] = np.log(rows["tokens"])
    found: dict[str, dict[str, Any]] = {
        m: {"factor": 1.0, "n": int(counts[m]), "prompts": 0, "kind": "assumed equal"}
        | {"source": f"assumed equal: {counts[m]:,} answers with tokens, fewer than {least}"}
        for m in known
    }
    found[anchor] |= {"low": 1.0, "high": 1.0, "se_log": 0.0}
    found[anchor] |= {"kind": "reference", "source": "the reference"}
    answers = rows[rows["model"].isin(enough)]
    paired = _paired(answers, anchor, least, fitted, found, covariance)
    rest = [m for m in enough if m not in paired]
    if rest:
        _unpaired(answers, anchor, rest, fitted, found, covariance)
    return VerbosityModel(anchor, verbosity_table(found), covariance, mean)


def verbosity_table(rows: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return rows by model as a typed table."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    types = dict.fromkeys(COLUMNS, "float64") | {"n": "int64", "prompts": "int64"}
    return table.astype(types | {"kind": "string", "source": "string"}).rename_axis("model")


def _from_traffic(traffic: pd.DataFrame) -> pd.DataFrame:
    frame = modelled(traffic)
    out = floats(frame, "output_tokens")
    usable = (frame["status"] < 400).to_numpy() & (out > 0)
    rows = frame.loc[usable, ["prompt", "model", "input_tokens"]].reset_index(drop=True)
    rows["tokens"] = out[usable]
    return _answers(rows, sorted(frame["model"].unique()))


def _from_outcomes(outcomes: OutcomeTable, output_tokens: ArrayLike | None) -> pd.DataFrame:
    shape = (len(outcomes.prompts), len(outcomes.models))
    if output_tokens is None:
        raise InputError(
            "outcomes carry no tokens: give 'output_tokens' of shape (prompts, models)"
        )
    tokens = np.asarray(output_tokens, dtype=np.float64)
    if tokens.shape != shape:
        raise InputError(f"'output_tokens' must have shape {shape}, got {tokens.shape}")
    units, models = np.nonzero(tokens > 0)
    rows = pd.DataFrame(
        {
            "prompt": units.astype(str),
            "model": np.array(outcomes.models, dtype=object)[models],
            "input_tokens": np.nan,
            "tokens": tokens[units, models],
        }
    )
    return _answers(rows, outcomes.models)


def _answers(rows: pd.DataFrame, models: list[str]) -> pd.DataFrame:
    if len(rows) == 0:
        raise InputError("no answer has output tokens above 0: there is nothing to compare")
    rows.attrs["models"] = models
    return rows


def _paired(
    rows: pd.DataFrame,
    anchor: str,
    least: int,
    fitted: Callable[..., tuple[np.ndarray, np.ndarray]],
    found: dict[str, dict[str, Any]],
    covariance: pd.DataFrame,
) -> list[str]:
    """Fill in the models that answered the same prompts; return them and the reference."""
    by_cell = rows.dropna(subset="prompt").groupby(["prompt", "model"], sort=False)
    cells = by_cell["tokens"].mean().reset_index()
    names = [anchor, *(m for m in found if m != anchor)]
    while True:  # a model that leaves may take the last partner of a prompt with it
        cells = cells[cells["model"].isin(names)]
        cells = cells[cells.groupby("prompt")["model"].transform("size") > 1]
        shared = cells["model"].value_counts().reindex(names, fill_value=0)
        if shared[anchor] < least:
            return [anchor]
        kept = [m for m in names if shared[m] >= least]
        if kept == names:
            units, models = _codes(cells, names)
            linked = connected(units, models, len(names), 0)
            kept = [m for m, is_linked in zip(names, linked, strict=True) if is_linked]
        if kept == names:
            break
        names = kept
    if len(names) > 1:
        y = cells["tokens"].to_numpy()
        effects, spread = fitted(units, models, y, len(names), 0, clustered=True)
        for place, model in enumerate(names[1:], start=1):
            told = f"paired on {shared[model]:,} prompts that other models answered, too"
            _tell(found[model], effects[place], spread[place, place], "paired", told)
            found[model]["prompts"] = int(shared[model])
        covariance.loc[names, names] = spread
    return names


def _unpaired(
    rows: pd.DataFrame,
    anchor: str,
    names: list[str],
    fitted: Callable[..., tuple[np.ndarray, np.ndarray]],
    found: dict[str, dict[str, Any]],
    covariance: pd.DataFrame,
) -> None:
    """Fill in the models that share no prompts with the reference's: by length class."""
    order = [anchor, *names]
    mine = rows[rows["model"].isin(order)].reset_index(drop=True)
    length = floats(mine, "input_tokens")
    known = length[~np.isnan(length)]
    edges = np.quantile(known, np.linspace(0, 1, CLASSES + 1)[1:-1]) if len(known) else []
    units = np.where(np.isnan(length), CLASSES, np.searchsorted(edges, length))
    models = pd.Categorical(mine["model"], categories=order).codes.astype(np.int64)
    linked = connected(units, models, len(order), 0)
    inside = linked[models]
    order = [m for m, is_linked in zip(order, linked, strict=True) if is_linked]
    codes = pd.Categorical(mine["model"][inside], categories=order).codes.astype(np.int64)
    y = mine["tokens"].to_numpy()[inside]
    effects, spread = fitted(units[inside], codes, y, len(order), 0, clustered=False)
    for place, model in enumerate(order[1:], start=1):
        told = f"unpaired, {found[model]['n']:,} requests by length class: {_UNPAIRED}"
        _tell(found[model], effects[place], spread[place, place], "unpaired", told)
    covariance.loc[order, order] = spread
    for model in names:
        if model not in order:
            reason = "no requests as long as those of the reference"
            found[model]["source"] = f"assumed equal: {reason}"


def _codes(cells: pd.DataFrame, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    models = pd.Categorical(cells["model"], categories=names).codes.astype(np.int64)
    return pd.factorize(cells["prompt"])[0], models


def _tell(row: dict[str, Any], log: float, variance: float, kind: str, source: str) -> None:
    error = float(np.sqrt(max(variance, 0.0)))
    low, mid, high = np.exp([log - _Z * error, log, log + _Z * error])
    row |= {"factor": mid, "low": low, "high": high, "se_log": error, "kind": kind}
    row["source"] = source
