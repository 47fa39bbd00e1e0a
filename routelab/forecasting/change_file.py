"""A file of changes: what `routelab what-if` reads."""

from __future__ import annotations

import datetime
import os
from typing import Any

from routelab._checks import InputError, did_you_mean
from routelab._yaml import Document, read_yaml
from routelab.forecasting.changes import Change

KINDS = {
    "prices": {"prices"},
    "end_of_life": {"end_of_life", "fallback"},
    "add_model": {"add_model", "group"},
    "growth": {"growth"},
}


def read_changes(path: str | os.PathLike[str]) -> list[Change]:
    """Read a YAML list of changes.

    Each entry has one of ``prices``, ``end_of_life``, ``add_model`` (with ``group``) and
    ``growth``, and may have ``from_date``, the local day on which it begins.

    Raises
    ------
    InputError
        With ``file:line:column`` of the first thing that is wrong.
    """
    document = read_yaml(path, "changes")
    if not isinstance(document.data, list) or not document.data:
        raise InputError(f"{document.path}: changes are a list, such as '- {{growth: 1.5}}'")
    return [_change(document, number, entry) for number, entry in enumerate(document.data)]


def _change(document: Document, number: int, entry: Any) -> Change:
    place = document.where([number])
    kinds = [kind for kind in KINDS if isinstance(entry, dict) and kind in entry]
    if len(kinds) != 1:
        raise InputError(f"{place}: a change has one of {', '.join(KINDS)}, got {entry!r}")
    kind = kinds[0]
    known = KINDS[kind] | {"from_date"}
    for name in entry:
        if name not in known:
            raise InputError(
                f"{document.where([number, name])}: {kind} knows no {name!r}"
                f"{did_you_mean(str(name), known)}; it takes {', '.join(sorted(known))}"
            )
    day = entry.get("from_date")
    day = day.isoformat() if isinstance(day, datetime.date) else day
    value = entry[kind]
    try:
        if kind == "prices":
            return Change.prices(value, day)
        if kind == "end_of_life":
            return Change.end_of_life(value, day, fallback=entry.get("fallback"))
        if kind == "growth":
            return Change.growth(value, day)
        if "group" not in entry:
            raise InputError("add_model needs the group that the model joins")
        return Change.add_model(entry["group"], value, day)
    except (InputError, TypeError) as error:
        raise InputError(f"{place}: {error}") from None
