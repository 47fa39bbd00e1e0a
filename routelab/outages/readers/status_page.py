"""Incidents as scraped from a status page: a list of updates with stamps in Pacific time."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from routelab.outages.readers._base import (
    IMPACT_PROBABILITY,
    OUTAGE_READERS,
    OutageReader,
    ParsedOutages,
    outages,
    provider_of,
)
from routelab.outages.readers.incident_stages import impact_note
from routelab.reading.files import Rows

_IMPACTS = {"none": 0, "minor": 1, "major": 2, "critical": 3, "maintenance": 4}
_STAMP = re.compile(r"([A-Z][a-z]{2} \d{1,2}, \d{4}) - (\d{1,2}:\d{2}) ([A-Z]{3})\b")
_HOURS = {"PDT": -7, "PST": -8, "UTC": 0, "GMT": 0}
_OPEN = ("investigating", "identified", "monitoring", "update", "in progress", "scheduled")


@OUTAGE_READERS.register("status-page")
class StatusPage(OutageReader):
    """From the first update to the one that resolves it; one outage per service named."""

    title = "incidents of a status page (CSV: Incident_Title, Incident_Impact, Updates, Service)"

    def sniff(self, rows: Rows) -> bool:
        """Look for the impact and the updates."""
        return {"Incident_Title", "Incident_Impact", "Updates"} <= set(rows.names)

    def parse(self, rows: Rows, provider: str | None) -> ParsedOutages:
        """Read every incident whose updates have a stamp."""
        parsed = ParsedOutages(pd.DataFrame(), np.arange(0))
        found: list[dict[str, Any]] = []
        origin: list[int] = []
        unresolved = nowhere = 0
        for row, record in enumerate(rows.dicts()):
            updates, reason = _updates(record.get("Updates"))
            level = _IMPACTS.get(str(record.get("Incident_Impact")).removeprefix("impact-"))
            owner = provider_of(record.get("Incident_Link"), None, provider)
            if level is None:
                reason = f"Incident_Impact {str(record.get('Incident_Impact'))[:40]!r} is not known"
            if owner is None:
                reason = "the provider cannot be told from Incident_Link: name it with provider="
            if reason is not None or level is None:
                parsed.refused[row] = reason or ""
                continue
            start, end = min(t for t, _ in updates), max(t for t, _ in updates)
            closing = [t for t, title in updates if not title.lower().startswith(_OPEN)]
            unresolved += not closing
            services = _services(record.get("Service"))
            nowhere += not services
            for service in services or [pd.NA]:
                found.append({"start": start, "end": min(closing) if closing else end,
                              "provider": owner, "service": service,
                              "probability": IMPACT_PROBABILITY[level]})  # fmt: skip
                origin.append(row)
        parsed.frame, parsed.origin = outages(found, origin), np.array(origin, dtype=np.int64)
        parsed.warnings = [
            f"{len(set(origin))} incidents became {len(found)} outages, one per service named",
            impact_note(),
            "an incident is as long as its updates say: a lower bound of what users met",
        ]
        if unresolved:
            text = f"{unresolved} incidents have no resolving update: they end at their last one"
            parsed.warnings.append(text)
        if nowhere:
            text = f"{nowhere} incidents name no service: taken for all of the provider"
            parsed.warnings.append(text)
        return parsed


def _updates(text: Any) -> tuple[list[tuple[datetime, str]], str | None]:
    """Return stamps (UTC) and titles, or the reason why there are none."""
    try:
        given = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError) as error:
        return [], f"Updates are not valid JSON: {error}"
    found = []
    for update in given if isinstance(given, list) else []:
        if isinstance(update, dict):
            stamp = _stamp(update.get("Update_Timestamp"))
            if stamp is not None:
                found.append((stamp, str(update.get("Update_Title"))))
    return found, None if found else "no update with a stamp such as 'May 31, 2024 - 18:05 PDT'"


def _stamp(text: Any) -> datetime | None:
    match = _STAMP.search(text[:500]) if isinstance(text, str) else None
    if match is None or match[3] not in _HOURS:
        return None
    try:
        local = datetime.strptime(f"{match[1]} {match[2]}", "%b %d, %Y %H:%M")
        return local.replace(tzinfo=UTC) - timedelta(hours=_HOURS[match[3]])
    except (ValueError, OverflowError):
        return None


def _services(text: Any) -> list[Any]:
    """Return the names in ``"This incident affected: API, ChatGPT, and Labs."``."""
    if not isinstance(text, str) or ":" not in text:
        return []
    names = re.split(r", and |,| and ", text.split(":", 1)[1].strip().removesuffix("."))
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))
