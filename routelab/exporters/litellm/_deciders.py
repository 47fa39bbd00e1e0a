"""What decides inside the plugin: the runtime that needs nothing, else routelab itself."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from routelab.exporters.bundle import file_digest
from routelab.exporters.litellm import decider
from routelab.exporters.litellm._probes import MOST
from routelab.exporters.standalone import NotStandalone, runtime, runtime_source, write_bundle
from routelab.exporters.standalone.pack import BUNDLE
from routelab.plan import Plan

PLAN_BUNDLE = "plan.zip"
FEW = 20  # prompts: routelab's own decision takes long, and only its bundle could be at fault
_IMPORT = "from routelab.exporters.litellm.decider import last_user_text, load\n"
_FUTURE = "from __future__ import annotations\n"


@dataclass(frozen=True, slots=True)
class Written:
    """A decider beside the config.

    Attributes
    ----------
    source : str
        The plugin's Python, with what defines `load` and `last_user_text`.
    bundle : str
        File that `load` reads.
    sha256 : str
        Of that file.
    decider : Decider
        Loaded from that file.
    most : int
        Prompts that it is compared on.
    told : list of str
        What the proxy needs for it.
    """

    source: str
    bundle: str
    sha256: str
    decider: Any
    most: int
    told: list[str]


def write_decider(plan: Plan, folder: Path) -> Written:
    """Write what decides a plan and load it again; ``plan.zip`` is there already."""
    source = files("routelab.exporters.litellm").joinpath("plugin.py").read_text(encoding="utf-8")
    try:
        sha256 = write_bundle(plan, folder)
    except NotStandalone as error:
        part, _, _ = str(error).partition(";")
        told = f"a plugin without dependencies: {part}, so install routelab in the proxy"
        sha256 = file_digest(folder / PLAN_BUNDLE)
        loaded: Any = decider.load(folder / PLAN_BUNDLE, sha256)
        return Written(source, PLAN_BUNDLE, sha256, loaded, FEW, [told])
    loaded = runtime.load(folder / BUNDLE, sha256)
    return Written(standalone(source), BUNDLE, sha256, loaded, MOST, [])


def standalone(source: str) -> str:
    """Return the plugin's Python behind the runtime, in place of its import of routelab."""
    _, _, own = source.partition(_FUTURE)
    before, found, after = own.partition(_IMPORT)
    assert found, "plugin.py has no such import"
    return f"{runtime_source().rstrip()}\n\n\n# --- the plugin ---\n\n{before.strip()}\n{after}"
