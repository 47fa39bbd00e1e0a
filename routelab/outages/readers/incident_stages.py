"""The LLM service study's table of incidents: one row each, a flag per service."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab.outages.readers._base import (
    IMPACT_PROBABILITY,
    OUTAGE_READERS,
    OutageReader,
    ParsedOutages,
    number,
)
from routelab.outages.readers.own import stamps
from routelab.reading.files import Rows
from routelab.reading.values import strings

_SERVICES = ("Playground", "API", "Labs", "ChatGPT", "api.anthropic.com", "claude.ai",
             "console.anthropic.com", "Character.AI")  # fmt: skip
_MARKS = {"incident_impact_level", "start_timestamp", "close_timestamp"}


@OUTAGE_READERS.register("incident-stages")
class IncidentStages(OutageReader):
    """An incident becomes one outage per service that it names."""

    title = "LLM service study, incidents (CSV: incident_impact_level, start_timestamp, ...)"

    def sniff(self, rows: Rows) -> bool:
        """Look for the level and both ends."""
        return set(rows.names) >= _MARKS

    def parse(self, rows: Rows, provider: str | None) -> ParsedOutages:
        """Read incidents; their level becomes a probability."""
        table = pd.DataFrame({name: rows.column(name) for name in rows.names})
        refused: dict[int, str] = {}
        base = pd.DataFrame(
            {
                "start": stamps(table["start_timestamp"], "start_timestamp", refused),
                "end": stamps(table["close_timestamp"], "close_timestamp", refused),
                "provider": strings(table["provider"]) if "provider" in table else pd.NA,
            }
        )
        base["provider"] = base["provider"].astype("string").fillna(provider or pd.NA)
        for row in np.flatnonzero(base["provider"].isna()):
            refused.setdefault(int(row), "the provider is empty: name it with provider=")
        levels = number(table["incident_impact_level"], "incident_impact_level", 0, 4, refused)
        base["probability"] = levels.fillna(0).round().map(dict(IMPACT_PROBABILITY)).fillna(0.02)
        base["status"] = 503.0
        base["model"] = pd.Series(pd.NA, index=base.index, dtype="string")
        hit = pd.DataFrame(
            {s: strings(table[s]).eq("1").fillna(False) for s in _SERVICES if s in table},
            index=base.index,
        ).astype(bool)
        at, columns = np.nonzero(hit.to_numpy())
        nowhere = np.flatnonzero(~hit.any(axis=1)) if hit.shape[1] else np.arange(len(base))
        index = np.concatenate([at, nowhere])
        out = base.iloc[index].reset_index(drop=True)
        names = [str(hit.columns[int(j)]) for j in columns] + [pd.NA] * len(nowhere)
        out["service"] = pd.array(names, dtype="string")
        warnings = [
            f"{len(base)} incidents became {len(out)} outages, one per service named",
            impact_note(),
        ]
        if len(nowhere):
            text = f"{len(nowhere)} incidents name no service: taken for all of the provider"
            warnings.append(text)
        return ParsedOutages(out, index, refused=refused, warnings=warnings)


def impact_note() -> str:
    """Say which probabilities were assumed."""
    levels = ", ".join(f"{level}: {p:g}" for level, p in IMPACT_PROBABILITY.items())
    return f"failure probability assumed from the impact level ({levels})"
