"""Hold what the gateway served and loaded against the plan and the written config."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from routelab.proving.client import CAUSE, Reply
from routelab.proving.probes import Probe
from routelab.proving.result import Difference
from routelab.proving.stand_in import Export, group_of_name, is_content
from routelab.proving.upstream import Attempt


def probe_difference(
    export: Export, probe: Probe, expected: str, reply: Reply, attempts: Sequence[Attempt]
) -> Difference | None:
    """Return how a probe was served otherwise than decided, or None.

    The deployment that the headers name must be in the decided group, and it must be the one that
    the stand-in was asked as.
    """
    got, cause = _served(export, reply, attempts)
    if got == expected:
        return None
    return Difference("probe", probe.number, expected, got, cause, probe.prompt)


def _served(export: Export, reply: Reply, attempts: Sequence[Attempt]) -> tuple[str, str]:
    """Return the group that served, or what happened in its place, and the cause."""
    if reply.status != 200:
        return f"HTTP {reply.status}", reply.error
    told = reply.headers.get("x-litellm-model-id", "none")
    seen = [served_id(export, a) for a in attempts if a.status == 200]
    group = export.group_of_id.get(told)
    if group is None or told not in seen:
        return f"headers: {told}, stand-in: {', '.join(seen) or 'nothing'}", "they disagree"
    named = reply.headers.get("x-litellm-model-group")
    if named not in (None, group, reply.model):
        return f"headers: {told} of group {named}", "they disagree"
    fallbacks = reply.headers.get("x-litellm-attempted-fallbacks", "0")
    after = "" if fallbacks == "0" else f"fallback {fallbacks}"
    return group, reply.headers.get(CAUSE, after)


def served_id(export: Export, attempt: Attempt) -> str:
    """Return the deployment as which the stand-in was asked."""
    name: str = export.entries[attempt.entry]["model_info"]["id"]
    return name


def model_differences(
    export: Export, listed: Mapping[str, Any], info: Mapping[str, Any]
) -> tuple[int, list[Difference]]:
    """Compare the models that a proxy has with those of the config.

    Parameters
    ----------
    export : Export
    listed : dict
        What the proxy answers to ``/v1/models``: names for clients.
    info : dict
        What it answers to ``/model/info``: deployments and content routers.

    Returns
    -------
    loaded : int
        Entries that are written and loaded.
    differences : list of Difference
    """
    written = Counter(map(_shown, export.entries))
    content = {entry["model_name"] for entry in export.entries if is_content(entry)}
    aliased = {
        (name, own)
        for name in _visible_aliases(export)
        for own, group in export.group_of_id.items()
        if group == group_of_name(export, name)
    }
    loaded = Counter(
        _shown(entry, content)
        for entry in info["data"]
        if (entry["model_name"], entry["model_info"]["id"]) not in aliased  # of its group again
    )
    differences = _missing(written, loaded)
    names = {entry["model_name"] for entry in export.entries} | set(_visible_aliases(export))
    told = {entry["id"] for entry in listed["data"]}
    differences += _missing(
        Counter(f"name {name}" for name in names), Counter(f"name {name}" for name in told)
    )
    return (written & loaded).total(), differences


def _shown(entry: Mapping[str, Any], content: Iterable[str] = ()) -> str:
    name = entry["model_name"]
    if is_content(entry) or name in content:
        return f"router {name}"
    return f"{name}: {entry['model_info']['id']}"


def _visible_aliases(export: Export) -> list[str]:
    aliases = (export.config.get("router_settings") or {}).get("model_group_alias") or {}
    return [
        name
        for name, target in aliases.items()
        if not (isinstance(target, dict) and target.get("hidden"))
    ]


def _missing(written: Counter[str], loaded: Counter[str]) -> list[Difference]:
    absent = [Difference("model", 0, name, "not loaded") for name in sorted(written - loaded)]
    added = [Difference("model", 0, "not written", name) for name in sorted(loaded - written)]
    return absent + added
