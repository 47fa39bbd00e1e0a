"""The folder of an export, and a copy of it whose providers are our stand-in."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from routelab._checks import InputError, existing_file
from routelab._yaml import read_yaml
from routelab.exporters.bundle import load_bundle
from routelab.exporters.litellm import router_name
from routelab.plan import Plan

LONGEST_TIMEOUT_S = 2.0
_CONTENT = "auto_router/"
_LIMITS = ("rpm", "tpm")
_MINUTE = "enforce_model_rate_limits"
_NOTES = (
    "providers are stood in for: api_base, api_key and model of every deployment are ours; names, "
    "ids, weights and explicit prices are those of the config",
    f"timeouts are at most {LONGEST_TIMEOUT_S:g} s, so that a timeout can be waited for",
)


@dataclass(frozen=True, slots=True)
class Export:
    """An exported folder.

    Attributes
    ----------
    folder : Path
    config : dict
        Of ``config.yaml``.
    plan : Plan
        Of ``plan.zip``, with its router.
    """

    folder: Path
    config: dict[str, Any]
    plan: Plan

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The gateway's model list."""
        return list(self.config["model_list"])

    @property
    def group_of_id(self) -> dict[str, str]:
        """Model group of each deployment's id."""
        entries = [entry for entry in self.entries if not is_content(entry)]
        return {entry["model_info"]["id"]: entry["model_name"] for entry in entries}


def is_content(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry of the model list is a content router, not a deployment."""
    return str(entry["litellm_params"].get("model", "")).startswith(_CONTENT)


def read_export(directory: Path) -> Export:
    """Read a folder that ``routelab export --target litellm`` wrote.

    Raises
    ------
    InputError
        A file is missing or damaged, or a deployment has no id or another one's.
    """
    if not directory.is_dir():
        raise InputError(f"folder {str(directory)!r} does not exist")
    config = read_yaml(existing_file(directory / "config.yaml", "config"), "config").data
    plan = load_bundle(existing_file(directory / "plan.zip", "the plan's bundle")).plan
    if plan is None:
        raise InputError(f"the bundle {str(directory / 'plan.zip')!r} holds no plan")
    listed = config.get("model_list") if isinstance(config, dict) else None
    if not isinstance(listed, list) or not all(map(_is_entry, listed)):
        raise InputError(
            f"{directory / 'config.yaml'}: model_list must be a list of mappings with model_name "
            "and litellm_params"
        )
    ids = [entry.get("model_info", {}).get("id") for entry in listed if not is_content(entry)]
    for place, name in enumerate(ids):
        if not isinstance(name, str) or name in ids[:place]:
            raise InputError(
                f"{directory / 'config.yaml'}: each deployment needs a model_info.id of its own, "
                f"got {name!r} at place {place + 1}"
            )
    return Export(directory, config, plan)


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("model_name"), str)
        and isinstance(entry.get("litellm_params"), dict)
        and isinstance(entry.get("model_info", {}), dict)
    )


def write_copy(export: Export, folder: Path, port: int) -> tuple[Plan, list[str]]:
    """Copy an export to a folder, with the stand-in at `port` for all providers.

    Returns
    -------
    plan : Plan
        What the kernel replays beside the copy: with the same changes, and without what no
        gateway carries or what stands before the gateway's part.
    notes : list of str
        What was changed.
    """
    shutil.copytree(export.folder, folder, dirs_exist_ok=True)
    settings = dict(export.config.get("router_settings") or {})
    lifted = has_limits(export.plan)
    notes = [*_NOTES]
    if lifted:
        notes.append("limits of the minute (rpm, tpm) are lifted: probes come faster")
        checks = settings.pop("optional_pre_call_checks", None) or []
        if others := [check for check in checks if check != _MINUTE]:
            settings["optional_pre_call_checks"] = others
    if settings.pop("provider_budget_config", None):
        notes.append("budgets of providers are lifted: the stand-in is one provider")
    default = settings.get("timeout")
    entries = [
        entry if is_content(entry) else _entry(entry, place, port, default, lifted)
        for place, entry in enumerate(export.entries)
    ]
    general = dict(export.config.get("general_settings") or {})
    config = {
        **export.config,
        "model_list": entries,
        "router_settings": settings,
        "general_settings": {**general, "master_key": "os.environ/LITELLM_MASTER_KEY"},
    }
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return _gateway_part(export.plan, lifted), notes


def has_limits(plan: Plan) -> bool:
    """Return whether rpm and tpm are limits in a plan, not only weights."""
    return plan.enforce_model_rate_limits or plan.strategy.startswith("usage-based")


def _entry(
    entry: Mapping[str, Any], place: int, port: int, default: float | None, lifted: bool
) -> dict[str, Any]:
    own = dict(entry["litellm_params"])
    own = {key: value for key, value in own.items() if not (lifted and key in _LIMITS)}
    own |= {
        "model": f"openai/stand-in-{place}",
        "api_base": f"http://127.0.0.1:{port}/{place}/v1",
        "api_key": "none",
        "timeout": _timeout(own.get("timeout"), default),
    }
    return {**entry, "litellm_params": own}


def _timeout(own: float | None, default: float | None) -> float:
    timeout = own if own is not None else default
    return LONGEST_TIMEOUT_S if timeout is None else min(timeout, LONGEST_TIMEOUT_S)


def _gateway_part(plan: Plan, lifted: bool) -> Plan:
    limits: dict[str, None] = dict.fromkeys(_LIMITS) if lifted else {}
    models = {
        group: [
            d.model_copy(update={"timeout_s": _timeout(d.timeout_s, plan.timeout_s), **limits})
            for d in deployments
        ]
        for group, deployments in plan.models.items()
    }
    return plan.replace(
        models=models,
        router=None,
        rules=(),
        split=None,
        decision_cache=None,
        hedge=None,
        enforce_model_rate_limits=False,
        cooldown=plan.cooldown.model_copy(update={"half_open_trials": 0}),
        budgets=[budget for budget in plan.budgets if budget.scope == "deployment"],
    )


def asked_name(export: Export, name: str | None) -> tuple[str, bool]:
    """Return the model name that clients ask for, and whether the plan's content routing decides.

    Parameters
    ----------
    export : Export
    name : str or None
        Default: the name of the content routing, else the plan's default group.

    Raises
    ------
    InputError
        The config serves no such name, or the plan routes by content and the config does not.
    """
    content = {entry["model_name"] for entry in export.entries if is_content(entry)}
    aliases = (export.config.get("router_settings") or {}).get("model_group_alias") or {}
    own = router_name(export.plan)
    content |= {own} & set(aliases)
    groups = {entry["model_name"] for entry in export.entries} - content
    plan = export.plan
    if name is None:
        if not (plan.router or plan.rules or plan.split):
            return plan.default, False
        if own not in content and len(content) != 1:
            raise InputError(
                f"the plan decides by content, and {str(export.folder)!r} has no entry {own!r}: "
                "name the router with --model"
            )
        return (own if own in content else next(iter(content))), True
    if name in content:
        return name, True
    if name not in groups | set(aliases):
        known = ", ".join(sorted(groups | set(aliases) | content))
        raise InputError(f"the config serves no model {name!r}; it serves {known}")
    return name, False


def group_of_name(export: Export, name: str) -> str:
    """Return the model group of a name that is a group or an alias."""
    aliases = (export.config.get("router_settings") or {}).get("model_group_alias") or {}
    target = aliases.get(name, name)
    return str(target["model"] if isinstance(target, dict) else target)
