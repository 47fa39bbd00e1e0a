"""Any CSV, JSONL or Parquet: by a mapping from our names to theirs, or by obvious synonyms."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab._yaml import read_yaml
from routelab.reading.files import Rows, dig
from routelab.reading.notes import Note
from routelab.reading.values import numbers
from routelab.traffic.readers._base import READERS, Kinds, Parsed, Reader, kinds_of
from routelab.traffic.schema import COLUMNS, REQUIRED

NAME_THEM = (
    "name its columns with columns={'timestamp': 'when', 'input_tokens': ..., 'output_tokens': "
    "...}, or --columns FILE.yaml with lines such as 'timestamp: when'"
)
# Compared in lower case without separators; dots lead into nested JSON.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "request_id": ("requestid", "id", "callid", "litellmcallid"),
    "timestamp": (
        "timestamp", "time", "ts", "datetime", "date", "starttime", "createdat", "created",
        "when",
    ),
    "model": ("model", "modelname", "modelid", "modelused"),
    "provider": ("provider", "customllmprovider", "vendor"),
    "input_tokens": (
        "inputtokens", "prompttokens", "contexttokens", "requesttokens", "inputlength",
        "tokensin", "intokens", "intok", "numinputtokens", "usage.prompttokens",
        "usage.inputtokens",
    ),
    "output_tokens": (
        "outputtokens", "completiontokens", "generatedtokens", "responsetokens", "outputlength",
        "tokensout", "outtokens", "outtok", "numoutputtokens", "usage.completiontokens",
        "usage.outputtokens",
    ),
    "cached_input_tokens": ("cachedinputtokens", "cachedtokens", "cachereadinputtokens"),
    "reasoning_tokens": ("reasoningtokens", "reasoningoutputtokens"),
    "latency_s": ("latencys", "latency", "durations", "duration", "responsetime", "latencyms",
                  "durationms", "requestdurationms", "responsetimems", "elapsedms"),
    "ttft_s": ("ttfts", "ttft", "timetofirsttoken", "ttftms", "timetofirsttokenms"),
    "cost_usd": ("costusd", "cost", "spend", "responsecost", "totalcost"),
    "status": ("status", "statuscode", "httpstatus"),
    "error_class": ("errorclass", "errortype", "error"),
    "user": ("user", "userid", "enduser"),
    "tier": ("tier", "usertier", "plan"),
    "session_id": ("sessionid", "session", "conversationid"),
    "prompt": ("prompt", "query", "question", "text"),
    "censored": ("censored",),
}  # fmt: skip


def read_mapping(columns: Mapping[str, str] | str | os.PathLike[str]) -> dict[str, str]:
    """Return a checked column mapping, our names to theirs, from a dict or a YAML file."""
    where = ""
    if isinstance(columns, Mapping):
        given = dict(columns)
    else:
        document = read_yaml(columns, "column mapping")
        where = f"{document.path}: "
        if not isinstance(document.data, dict):
            raise InputError(f"{where}a column mapping is a YAML mapping of our names to theirs")
        given = document.data
    mapping: dict[str, str] = {}
    for key, value in given.items():
        ours = _our_name(str(key))
        if ours is None:
            raise InputError(
                f"{where}unknown column {key!r} in the mapping{did_you_mean(key, COLUMNS)}; "
                f"keys are routelab's names: {', '.join(COLUMNS)}"
            )
        if not isinstance(value, str):
            raise InputError(f"{where}the column for {key!r} must be a name, got {value!r}")
        if ours in mapping:
            raise InputError(f"{where}the mapping names {ours!r} twice")
        mapping[ours] = value
    return mapping


def parse_mapped(rows: Rows, mapping: Mapping[str, str]) -> Parsed:
    """Read `rows` by `mapping`; columns that carry exactly our names are taken along."""
    names = rows.names
    chosen: dict[str, str] = {}
    for ours, theirs in mapping.items():
        if theirs not in names and not ("." in theirs and _somewhere(rows, theirs)):
            raise InputError(
                f"{rows.path}: no column {theirs!r} (mapped to {ours!r})"
                f"{did_you_mean(theirs, names)}; the columns are {', '.join(names[:30])}"
            )
        chosen[ours] = theirs
    for name in names:
        if name in COLUMNS and name not in chosen and name not in chosen.values():
            chosen[name] = name
    absent = [name for name in REQUIRED if name not in chosen]
    if absent:
        raise InputError(
            f"{rows.path}: no column for {', '.join(absent)}; {NAME_THEM}; "
            f"the columns are {', '.join(names[:30])}"
        )
    return _take(rows, chosen)


@READERS.register("generic")
class Generic(Reader):
    """Any table whose column names are obvious."""

    title = "any CSV, JSONL or Parquet with a stamp and token counts"
    rank = 100

    def sniff(self, rows: Rows) -> bool:
        """Look for a stamp, input tokens and output tokens under any of their names."""
        return set(REQUIRED) <= set(guess(rows))

    def kinds(self, rows: Rows) -> Kinds:
        """Tell them of what :func:`guess` finds."""
        return kinds_of(guess(rows))

    def parse(self, rows: Rows) -> Parsed:
        """Take the columns that :func:`guess` finds, and say which."""
        chosen = guess(rows)
        absent = [name for name in REQUIRED if name not in chosen]
        if absent:
            raise InputError(
                f"{rows.path}: no column for {', '.join(absent)}; {NAME_THEM}; "
                f"the columns are {', '.join(rows.names[:30])}"
            )
        parsed = _take(rows, chosen)
        renamed = [f"{ours} = {theirs}" for ours, theirs in chosen.items() if ours != theirs]
        if renamed:
            parsed.warnings.insert(0, f"columns guessed from their names: {', '.join(renamed)}")
        return parsed


def guess(rows: Rows) -> dict[str, str]:
    """Find our columns among the names of `rows` (and one level inside JSON objects)."""
    names = list(rows.names)
    for key, value in rows.first.items():
        if isinstance(value, dict):
            names += [f"{key}.{inner}" for inner in value]
    plain: dict[str, str] = {}
    for name in names:
        plain.setdefault(_plain(name), name)
    chosen: dict[str, str] = {}
    for ours, synonyms in SYNONYMS.items():
        theirs = ours if ours in names else next((plain[s] for s in synonyms if s in plain), None)
        if theirs is not None:
            chosen[ours] = theirs
    return chosen


def _take(rows: Rows, chosen: Mapping[str, str]) -> Parsed:
    frame = pd.DataFrame({ours: rows.column(theirs) for ours, theirs in chosen.items()})
    warnings: list[Note | str] = []
    for ours in ("latency_s", "ttft_s"):
        theirs = chosen.get(ours, "")
        if re.search(r"(_ms|Ms|\(ms\)|\bms)$", theirs):
            values, bad = numbers(frame[ours])
            frame[ours] = (values / 1000).astype(object).where(~bad, frame[ours])
            warnings.append(f"{theirs!r} is read as milliseconds")
    return Parsed(frame, warnings=warnings)


def _our_name(key: str) -> str | None:
    if key in COLUMNS:
        return key
    return next((ours for ours, names in SYNONYMS.items() if _plain(key) in names), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", name.lower())


def _somewhere(rows: Rows, path: str) -> bool:
    return rows.kind == "json" and any(dig(record, path) is not None for record in rows.dicts())
