"""Prompts to prove with, as clients would send them, and what the plan decides for each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from routelab._checks import InputError
from routelab._litellm import open_litellm
from routelab.decide import decide
from routelab.exporters.litellm.plugin import count_tokens
from routelab.labels import load_labels
from routelab.labels.readers._base import PROMPT_NAMES, usual
from routelab.plan import Plan
from routelab.reading.files import read_rows

_FACTS = ("user", "session_id", "tier")

#: A file, or prompts.
Source = str | os.PathLike[str] | Sequence[str]


@dataclass(frozen=True, slots=True)
class Probe:
    """One prompt and who asks.

    Attributes
    ----------
    number : int
        From 1, in the order of the file or list.
    prompt : str
    user, session_id, tier : str or None
    """

    number: int
    prompt: str
    user: str | None = None
    session_id: str | None = None
    tier: str | None = None

    @property
    def request_id(self) -> str:
        """The id under which it is sent."""
        return f"routelab-probe-{self.number}"

    def body(self) -> dict[str, Any]:
        """Return the request of an OpenAI-compatible client, without its model."""
        found: dict[str, Any] = {"messages": [{"role": "user", "content": self.prompt}]}
        if self.user is not None:
            found["user"] = self.user
        if self.tier is not None:
            found["metadata"] = {"tier": self.tier}
        return found

    def headers(self) -> dict[str, str]:
        """Return the headers that tell the proxy the ids."""
        told = {"x-litellm-call-id": self.request_id, "x-litellm-session-id": self.session_id}
        return {name: value for name, value in told.items() if value is not None}


def read_probes(source: Source) -> tuple[list[Probe], int]:
    """Return the probes of a file or a list, and how many rows cannot be sent.

    Parameters
    ----------
    source : path or sequence of str
        CSV, JSON, JSONL or Parquet with a prompt under one of its usual names, and optionally
        `user`, `session_id` and `tier`; or any label file; or the prompts themselves.

    Returns
    -------
    probes : list of Probe
    left_out : int
        Rows without a prompt, or with one that is not valid Unicode.

    Raises
    ------
    InputError
        The file cannot be read, or there is not one prompt.

    Examples
    --------
    >>> read_probes(["hello", ""])
    ([Probe(number=1, prompt='hello', user=None, session_id=None, tier=None)], 1)
    """
    if isinstance(source, str | os.PathLike):
        frame, unread = _table(source)
    else:
        frame, unread = pd.DataFrame({"prompt": pd.Series(list(source), dtype=object)}), 0
    probes = [
        Probe(number, row["prompt"], **{name: _text(row.get(name)) for name in _FACTS})
        for number, row in enumerate(frame.to_dict("records"), start=1)
        if _can_be_sent(row["prompt"])
    ]
    if not probes:
        raise InputError(f"there is not one prompt among the {len(frame)} rows of the probes")
    return probes, len(frame) - len(probes) + unread


def _table(path: str | os.PathLike[str]) -> tuple[pd.DataFrame, int]:
    rows = read_rows(path, what="file of probes")
    column = usual(rows, PROMPT_NAMES)
    if column is None:
        frame, report = load_labels(path)
        return frame[["prompt"]], len(report.rejects)
    table = pd.DataFrame(rows.records) if rows.table is None else rows.table
    told = {name: table[name] for name in _FACTS if name in table and name != column}
    return pd.DataFrame({"prompt": table[column], **told}), len(rows.rejects)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _can_be_sent(prompt: Any) -> bool:
    if not isinstance(prompt, str) or not prompt:
        return False
    try:
        prompt.encode("utf-8")
    except UnicodeEncodeError:  # half of a pair of surrogates
        return False
    return True


def decided_groups(plan: Plan, probes: Sequence[Probe]) -> list[str]:
    """Return the model group that the plan decides for each probe, offline.

    Tokens are counted only where a rule asks for them, as the exported hook counts them.
    """
    counts = any((r.min_input_tokens, r.max_input_tokens) != (None, None) for r in plan.rules)
    facts = {
        name: pd.Series([getattr(probe, name) for probe in probes], dtype=object)
        for name in ("request_id", "prompt", *_FACTS)
    }
    if counts:
        open_litellm()  # with its own price map: no download
    tokens = [count_tokens(probe.body()) if counts else None for probe in probes]
    traffic = pd.DataFrame(facts).assign(
        timestamp=pd.Timestamp.now("UTC"), input_tokens=pd.Series(tokens, dtype="Int64")
    )
    found: list[str] = decide(plan.replace(decision_cache=None), traffic)["group"].tolist()
    return found
