"""`read_prices`: find the format, take the prices of a day, account for every entry."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from routelab._checks import InputError
from routelab.catalog import Catalog
from routelab.prices.readers import PRICE_READERS, detect
from routelab.reading.paths import PathLike, read_each
from routelab.reading.report import Reject, Report
from routelab.reading.unpack import read_bytes


def read_prices(
    path: PathLike | Iterable[PathLike],
    on: str | datetime.date | None = None,
    *,
    format: str | None = None,
) -> Catalog:
    r"""Read a price list as a catalog.

    Parameters
    ----------
    path : path or list of paths
        A file, a folder or a pattern: LiteLLM's price map (USD per token), dated price histories,
        candidates of LLMRouter and GraphRouter, RouterArena's costs (all USD per million), or a
        catalog of routelab (YAML).
    on : str or date, optional
        The day whose prices to take (``"2025-06-30"``). Default: those that hold now. Price lists
        without dates have one price for every day.
    format : str, optional
        Name of a reader (``routelab.prices.PRICE_READERS.names()``). Default: found from the
        content.

    Returns
    -------
    Catalog
        Models with a price per token.

    Raises
    ------
    InputError
        No such file, no price list, or not one model with a price per token on that day.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "prices.json")
    >>> entry = {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05,
    ...          "litellm_provider": "openai", "mode": "chat"}
    >>> _ = path.write_text(json.dumps({"gpt-4o": entry}))
    >>> read_prices(path)["gpt-4o"].output_usd_per_mtok
    10.0
    """
    return load_prices(path, on, format=format)[0]


def load_prices(
    path: PathLike | Iterable[PathLike],
    on: str | datetime.date | None = None,
    *,
    format: str | None = None,
) -> tuple[Catalog, Report]:
    r"""Read a price list and the account of every entry.

    Parameters
    ----------
    path, on, format
        As for :func:`routelab.read_prices`.

    Returns
    -------
    catalog : Catalog
    report : Report
        Kind ``"prices"``; entries without a price per token (images, audio, no price on that day)
        are set aside, entries with a wrong one are rejects.

    Raises
    ------
    InputError
        As :func:`routelab.read_prices`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "cost.json")
    >>> _ = path.write_text('{"a": {"input_price": 1, "output_price": 2},'
    ...                     ' "b": {"input_price": 2e-06, "output_price": 2e-06}}')
    >>> catalog, report = load_prices(path)
    >>> catalog.names, report.rejects[0].reason
    (['a'], 'USD per 1M tokens expected, 2e-06 looks like USD per token')
    """
    day = _day(on)
    if format is not None:
        PRICE_READERS[format]
    parts, skipped = read_each(path, "price list", lambda name: _read_one(name, day, format))
    models = {}
    rejects: list[Reject] = []
    for found, _ in parts:
        for model, reject in found:
            if model is not None and model.name in models:
                reason = f"the model {model.name!r} has a price already"
                reject = Reject(reject.file, reject.line, reason, reject.raw)
            elif model is not None:
                models[model.name] = model
                continue
            rejects.append(reject)
    rows = sum(len(found) for found, _ in parts)
    formats = [name for _, name in parts]
    if not models:
        first = rejects[0] if rejects else path
        raise InputError(f"{first} (there is not one model with a price per token)")
    report = Report(
        format=", ".join(dict.fromkeys(formats)),
        rows_read=rows,
        rows_accepted=rows - len(rejects),
        rejects=rejects,
        warnings=[*skipped, *_warnings(models.values(), day, formats)],
        coverage={},
        kind="prices",
        items=len(models),
    )
    return Catalog(models.values()), report


def _read_one(
    path: str, on: datetime.date | None, format: str | None
) -> tuple[list[tuple[Any, Reject]], str]:
    """Return each entry's model (or None) with the reject that it would be."""
    if Path(path).suffix.lower() in (".yaml", ".yml"):
        catalog = Catalog.from_yaml(path)
        return [(catalog[name], Reject(path, 1, "", "")) for name in catalog], "routelab"
    text = read_bytes(path, "price list").decode("utf-8-sig", "surrogateescape")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f":{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        why = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise InputError(f"{path}{where}: not valid JSON: {why}") from None
    name = format or detect(document)
    if name is None:
        known = "; ".join(f"{n}: {PRICE_READERS[n].title}" for n in PRICE_READERS.names())
        raise InputError(f"{path}: no price list that is known ({known})")
    if not isinstance(document, dict) or not PRICE_READERS[name]().sniff(document):
        raise InputError(f"{path}: this is not {name!r} ({PRICE_READERS[name].title})")
    source = os.path.basename(path)
    found = []
    for entry in PRICE_READERS[name]().entries(document, on, source):
        at = max(text.find(json.dumps(entry.key, ensure_ascii=False)), 0)
        line = text.count("\n", 0, at) + 1
        raw = json.dumps({entry.key: _entry(document, entry.key)}, ensure_ascii=False)
        found.append((entry.model, Reject(path, line, entry.reason, raw, entry.expected)))
    return found, name


def _entry(document: dict[str, Any], key: str) -> Any:
    if isinstance(document.get("models"), list):
        return next((m for m in document["models"] if isinstance(m, dict) and m.get("id") == key),
                    None)  # fmt: skip
    return document.get(key)


def _day(on: str | datetime.date | None) -> datetime.date | None:
    if on is None or isinstance(on, datetime.date):
        return on
    try:
        return datetime.date.fromisoformat(on)
    except (TypeError, ValueError):
        raise InputError(f"'on' must be a day such as 2025-06-30, got {on!r}") from None


def _warnings(models: Iterable[Any], on: datetime.date | None, formats: list[str]) -> list[str]:
    found = []
    unknown = sum(model.provider == "unknown" for model in models)
    if unknown:
        found.append(f"{unknown} models name no provider: 'unknown'")
    if on is not None and set(formats) - {"history"}:
        found.append(f"prices without dates were taken as they are, not as of {on.isoformat()}")
    return found
