"""Minutes of outage per day: what status pages show as uptime, raw and cleaned."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from routelab.outages.readers._base import (
    OUTAGE_READERS,
    OutageReader,
    ParsedOutages,
    outages,
    provider_of,
)
from routelab.reading.files import Rows
from routelab.reading.values import numbers, strings

#: Status pages count a partial outage as 30 % of its minutes; taken as the share of failed calls.
PARTIAL = 0.3
_NOON = timedelta(hours=12)
_DAY = 24 * 60.0
_LINK = re.compile(r"https?://[^\s'\"]+")


class _PerDay(OutageReader):
    """Days with minutes; their time of day is not known, so they begin at noon UTC."""

    def parse(self, rows: Rows, provider: str | None) -> ParsedOutages:
        """Place each day's major outage at noon, the partial one after it."""
        parsed = ParsedOutages(pd.DataFrame(), np.arange(0))
        text = strings(rows.column("Date"))
        dates = pd.to_datetime(text.astype(object), errors="coerce", utc=True, format="mixed")
        found: list[dict[str, Any]] = []
        origin: list[int] = []
        for row, record in enumerate(rows.dicts()):
            owner = provider_of(
                _link(record.get("Incidents")), record.get("Service"),
                provider or record.get("provider"),
            )  # fmt: skip
            minutes = self.minutes(record)
            if pd.isna(dates.iloc[row]):
                parsed.refused[row] = f"Date {str(record.get('Date'))[:40]!r} is not a day"
            elif minutes is None or not all(0 <= m <= _DAY for m in minutes):
                parsed.refused[row] = "minutes of outage must be numbers from 0 to 1440"
            elif owner is None or not isinstance(owner, str):
                parsed.refused[row] = "the provider cannot be told: name it with provider="
            elif not any(minutes):
                parsed.aside[row] = "a day without an outage"
            else:
                service = strings(pd.Series([record.get("Service")]))[0]
                found += _placed(dates.iloc[row], minutes, owner, service)
                origin += [row] * (len(found) - len(origin))
        parsed.frame, parsed.origin = outages(found, origin), np.array(origin, dtype=np.int64)
        parsed.warnings = [
            "minutes per day have no time of day: outages are placed from 12:00 UTC on",
            "status pages under-report: the minutes are a lower bound",
            f"a partial outage fails {PARTIAL:.0%} of calls (the weight that the pages give it), "
            "a major one all",
        ]
        return parsed

    def minutes(self, record: dict[str, Any]) -> tuple[float, float] | None:
        """Return minutes of major and of partial outage, or None when they cannot be read."""
        raise NotImplementedError


@OUTAGE_READERS.register("uptime")
class Uptime(_PerDay):
    """The history of a page: `Outages` is a list of types and minutes."""

    title = "uptime of a status page (CSV: Date, Outages, Incidents, Service)"

    def sniff(self, rows: Rows) -> bool:
        """Look for the day, its outages and the service."""
        return {"Date", "Outages", "Service"} <= set(rows.names)

    def minutes(self, record: dict[str, Any]) -> tuple[float, float] | None:
        """Add up the list."""
        try:
            given = json.loads(str(record.get("Outages")))
        except (ValueError, RecursionError):
            return None
        if not isinstance(given, list):
            return None
        major = partial = 0.0
        for outage in given:
            value = outage.get("Downtime (min)") if isinstance(outage, dict) else None
            if isinstance(value, bool) or not isinstance(value, int | float):
                return None
            if "major" in str(outage.get("Outage_Type")).lower():
                major += value
            else:
                partial += value
        return major, partial


@OUTAGE_READERS.register("uptime-clean")
class UptimeClean(_PerDay):
    """The LLM service study's table: minutes in columns."""

    title = "LLM service study, days (CSV: Date, partial_outage_minutes, major_outage_minutes)"

    def sniff(self, rows: Rows) -> bool:
        """Look for the day and both kinds of minutes."""
        return {"Date", "partial_outage_minutes", "major_outage_minutes"} <= set(rows.names)

    def minutes(self, record: dict[str, Any]) -> tuple[float, float] | None:
        """Read both columns."""
        names = ("major_outage_minutes", "partial_outage_minutes")
        values, bad = numbers(pd.Series([record.get(name) for name in names], dtype="object"))
        if bad.any() or values.isna().any():
            return None
        return float(values[0]), float(values[1])


def _placed(
    day: pd.Timestamp, minutes: tuple[float, float], provider: str, service: Any
) -> list[dict[str, Any]]:
    """Return the day's outages, one after the other; long ones begin before noon."""
    total = timedelta(minutes=min(sum(minutes), _DAY))
    start = day + min(_NOON, timedelta(minutes=_DAY) - total)
    found = []
    for length, probability in zip(minutes, (1.0, PARTIAL), strict=True):
        end = min(start + timedelta(minutes=length), day + timedelta(minutes=_DAY))
        if length:
            found.append({"start": start, "end": end, "provider": provider, "service": service,
                          "probability": probability})  # fmt: skip
        start = end
    return found


def _link(incidents: Any) -> str | None:
    found = _LINK.search(incidents[:5000]) if isinstance(incidents, str) else None
    return found.group(0) if found else None
