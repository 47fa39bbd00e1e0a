"""routelab's own columns: start, end, provider, and perhaps service, model, status, probability."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.outages.readers._base import (
    COLUMNS,
    OUTAGE_READERS,
    OutageReader,
    ParsedOutages,
    number,
)
from routelab.reading.files import Rows
from routelab.reading.values import strings, times

_ACCEPTED = (*COLUMNS, "note")


@OUTAGE_READERS.register("routelab")
class Own(OutageReader):
    """One outage per row; stamps without a zone are taken as UTC."""

    title = "outages (CSV, JSON, JSONL, Parquet, YAML: start, end, provider, service, ...)"
    rank = 100

    def sniff(self, rows: Rows) -> bool:
        """Look for both ends and the provider, and no column of another kind."""
        names = set(rows.names)
        return {"start", "end", "provider"} <= names and names <= set(_ACCEPTED)

    def parse(self, rows: Rows, provider: str | None) -> ParsedOutages:
        """Read the columns."""
        table = pd.DataFrame({name: rows.column(name) for name in rows.names})
        place = f"{rows.path}:{rows.lines[0]}" if len(rows) else rows.path
        for column in table.columns:
            if column not in _ACCEPTED:
                raise InputError(
                    f"{place}: unknown column {column!r}{did_you_mean(column, _ACCEPTED)}; "
                    f"known: {', '.join(_ACCEPTED)}"
                )
        if "provider" not in table and provider is not None:
            table["provider"] = provider
        for column in ("start", "end", "provider"):
            if column not in table:
                raise InputError(f"{place}: outages need the column {column!r}")
        refused: dict[int, str] = {}
        out = pd.DataFrame({name: stamps(table[name], name, refused) for name in ("start", "end")})
        for column in ("provider", "service", "model"):
            text = strings(table[column]) if column in table else pd.NA
            out[column] = pd.Series(text, index=table.index, dtype="string")
        for row in np.flatnonzero(out["provider"].isna()):
            refused.setdefault(int(row), "the provider is empty")
        for column, default, low, high in (("status", 503, 100, 599), ("probability", 1.0, 0, 1)):
            if column in table:
                out[column] = number(table[column], column, low, high, refused).fillna(default)
            else:
                out[column] = float(default)
        return ParsedOutages(out, np.arange(len(table)), refused=refused)


def stamps(column: pd.Series, name: str, refused: dict[int, str]) -> pd.Series:
    """Return times; what is none refuses its row."""
    found, zone = times(column)
    for row in np.flatnonzero(found.isna() | (zone == "relative")):
        value = str(column.iloc[row])[:60]
        refused.setdefault(int(row), f"{name} {value!r} is not a time (ISO 8601)")
    return found
