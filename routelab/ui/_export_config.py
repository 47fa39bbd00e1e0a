"""Settings of the export panel, and what it shows for them."""

from __future__ import annotations

from dataclasses import dataclass

from routelab.exporters import Finding
from routelab.plan import Plan
from routelab.ui._settings import SETTINGS


@SETTINGS.register("export")
@dataclass(frozen=True, slots=True)
class ExportConfig:
    """Settings of the export panel.

    Attributes
    ----------
    target : str
    file : str
        The file shown; "" for the target's main one.
    plan : str
        The plan as YAML; "" for the plan that the panel was given.
    prompts : int
        To prove with.
    failures : bool
        Whether a proof injects failures too.
    """

    target: str = "litellm"
    file: str = ""
    plan: str = ""
    prompts: int = 8
    failures: bool = False


@dataclass(frozen=True)
class Exported:
    """What a target would write.

    Attributes
    ----------
    plan : Plan
    files : dict of str to bytes
        Name to content.
    shown : str
        Name of the file shown.
    text : str
        Its text, or its size when it is none.
    not_carried : list of str
    findings : list of Finding
        What lint says of ``config.yaml``; empty for other targets.
    """

    plan: Plan
    files: dict[str, bytes]
    shown: str
    text: str
    not_carried: list[str]
    findings: list[Finding]
