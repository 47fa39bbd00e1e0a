"""What a reader of outages is: it finds intervals in the rows of a file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from routelab._registry import Registry
from routelab.reading.files import Rows
from routelab.reading.values import strings

COLUMNS = ("start", "end", "provider", "service", "model", "status", "probability")

#: Impact level of a status page's incident -> share of calls that fail. An assumption, not a
#: measurement: pages grade incidents in words only. 0 none, 1 minor, 2 major, 3 critical,
#: 4 maintenance.
IMPACT_PROBABILITY = MappingProxyType({0: 0.02, 1: 0.1, 2: 0.5, 3: 1.0, 4: 0.02})

_HOSTS = {"openai": "openai", "anthropic": "anthropic", "claude": "anthropic",
          "character": "characterai"}  # fmt: skip
_SERVICES = {"api": "openai", "playground": "openai", "labs": "openai", "chatgpt": "openai",
             "api.anthropic.com": "anthropic", "console.anthropic.com": "anthropic",
             "claude.ai": "anthropic", "character.ai": "characterai"}  # fmt: skip


@dataclass
class ParsedOutages:
    """What a reader returns.

    Attributes
    ----------
    frame : DataFrame of shape (n, 7)
        `start`, `end` (UTC), `provider`, `service`, `model`, `status`, `probability`.
    origin : int array of shape (n,)
        Which row each outage comes from; a row may hold several.
    refused, aside : dict of int to str
        Rows that cannot be read, and rows in order that hold no outage, with the reason.
    """

    frame: pd.DataFrame
    origin: np.ndarray
    refused: dict[int, str] = field(default_factory=dict)
    aside: dict[int, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class OutageReader(ABC):
    """A format of outage files; subclass and register it in a module of this package."""

    title: ClassVar[str]
    rank: ClassVar[int] = 0

    @abstractmethod
    def sniff(self, rows: Rows) -> bool:
        """Tell whether `rows` are in this format."""

    @abstractmethod
    def parse(self, rows: Rows, provider: str | None) -> ParsedOutages:
        """Find outages; `provider` names it where the file does not."""


OUTAGE_READERS: Registry[type[OutageReader]] = Registry("outage format", "routelab.outages.readers")


def outages(found: list[dict[str, Any]], origin: list[int]) -> pd.DataFrame:
    """Return a frame from intervals with the keys of `COLUMNS` (status 503 where absent)."""
    frame = pd.DataFrame(found, columns=list(COLUMNS), index=range(len(origin)))
    for name in ("start", "end"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    for name in ("provider", "service", "model"):
        frame[name] = frame[name].astype("string")
    frame["status"] = frame["status"].astype("float64").fillna(503.0)
    frame["probability"] = frame["probability"].astype("float64")
    return frame


def number(column: pd.Series, name: str, low: float, high: float, refused: dict[int, str]) -> Any:
    """Return numbers within limits (NaN = missing); what is not refuses its row."""
    given = strings(column)
    values = pd.to_numeric(given.astype(object), errors="coerce").astype("float64")
    for row in np.flatnonzero(given.notna() & ~values.between(low, high)):
        reason = f"{name} must be a number in [{low:g}, {high:g}], got {given.iloc[row]!r}"
        refused.setdefault(int(row), reason)
    return values


def provider_of(link: Any, service: Any, given: str | None) -> str | None:
    """Return the provider by the address of its status page, or by its service."""
    if given is not None:
        return given
    host = str(link).split("//", 1)[-1].split("/", 1)[0] if isinstance(link, str) else ""
    for part, name in _HOSTS.items():
        if part in host:
            return name
    return _SERVICES.get(str(service).strip().lower())
