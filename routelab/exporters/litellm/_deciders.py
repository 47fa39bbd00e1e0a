"""What decides inside the plugin: the runtime that needs nothing, or routelab itself."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from routelab.exporters.litellm import decider
from routelab.plan import Plan

PLAN_BUNDLE = "plan.zip"


@dataclass(frozen=True, slots=True)
class Written:
    """A decider beside the config.

    Attributes
    ----------
    source : str
        The plugin's Python, with what defines `load` and `last_user_text`.
    bundle : str
        File that `load` reads.
    decider : Decider
        Loaded from that file.
    told : list of str
        What the proxy needs for it.
    """

    source: str
    bundle: str
    decider: Any
    told: list[str]


def write_decider(plan: Plan, folder: Path) -> Written:
    """Write what decides a plan and load it again; ``plan.zip`` is there already."""
    loaded = decider.load(folder / PLAN_BUNDLE)
    told = ["a plugin without dependencies: it imports routelab, so install routelab in the proxy"]
    return Written(_plugin_source(), PLAN_BUNDLE, loaded, told)


def _plugin_source() -> str:
    return files("routelab.exporters.litellm").joinpath("plugin.py").read_text(encoding="utf-8")
