"""The folder of a LiteLLM proxy: ``config.yaml``, ``plan.zip`` and what decides the content."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from routelab._checks import InputError
from routelab.exporters._base import TARGETS
from routelab.exporters.bundle import save_bundle
from routelab.exporters.litellm._agree import check_ruled
from routelab.exporters.litellm._deciders import PLAN_BUNDLE
from routelab.exporters.litellm._form import Form, router_name
from routelab.exporters.litellm._models import model_entries
from routelab.exporters.litellm._not_carried import not_carried
from routelab.exporters.litellm._plugin import classifier_form, hook_form, router_groups
from routelab.exporters.litellm._rules import is_ruled, ruled_form
from routelab.exporters.litellm._semantic import is_semantic, semantic_form
from routelab.exporters.litellm._settings import router_settings
from routelab.gateway_rules import TIERS
from routelab.plan import Plan

_REFERENCE = "os.environ/"
_MAY_REFER = ("api_key", "api_base", "master_key")


@TARGETS.register("litellm")
def write_litellm(plan: Plan, folder: Path) -> list[str]:
    """Write ``config.yaml``, ``plan.zip`` and, where the content form needs them, a plugin's files.

    Returns
    -------
    list of str
        What LiteLLM does not carry.

    Raises
    ------
    InputError
        A model without LiteLLM's name, a route without a group, a text that the proxy would
        replace by a secret, or a written form that decides other than the plan.
    """
    plan = plan.fitted()
    entries = model_entries(plan)
    save_bundle(folder / PLAN_BUNDLE, plan=plan)
    form = _content(plan, folder)
    config: dict[str, Any] = {
        "model_list": [*entries, *form.entries],
        "litellm_settings": {"callbacks": form.callbacks},
        "router_settings": router_settings(plan, form.aliases),
        "general_settings": {"master_key": "os.environ/LITELLM_MASTER_KEY"},
    }
    if not form.callbacks:
        del config["litellm_settings"]
    config = json.loads(json.dumps(config))
    _refuse_references(config)
    (folder / "config.yaml").write_text(_head(plan, form) + _text(config), encoding="utf-8")
    return [*not_carried(plan), *form.told]


def _content(plan: Plan, folder: Path) -> Form:
    """Return the first form of content routing that holds all of the plan's."""
    if plan.rules or plan.split is not None:
        return hook_form(plan, folder)
    if plan.router is None:
        return Form()
    router = plan.router.resolve()
    if is_ruled(router):
        form = ruled_form(plan, router)
        check_ruled(plan, form.entries[0]["litellm_params"]["complexity_router_config"])
        return form
    if is_semantic(plan, router):
        return semantic_form(plan, router)
    if len(router_groups(plan)) > len(TIERS):
        return hook_form(plan, folder)
    return classifier_form(plan, folder)


def _head(plan: Plan, form: Form) -> str:
    lines = [f"Written by routelab from the plan {plan.name!r}; secrets are in the environment."]
    if form.what:
        lines.append(f"Clients ask for the model {router_name(plan)!r}. {form.what}.")
    return "".join(f"# {line}\n" for line in lines)


def _text(config: dict[str, Any]) -> str:
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100)
    if yaml.safe_load(text) != config:
        raise InputError("the config would not be read back as it was written; please report it")
    return text


def _refuse_references(config: dict[str, Any]) -> None:
    """Refuse texts of the plan or its labels that the proxy would replace by a secret."""
    for key, value in _texts("", config):
        if value.startswith(_REFERENCE) and key not in _MAY_REFER:
            raise InputError(
                f"{key}: {value!r} would be replaced by a variable of the proxy's environment; "
                f"a name or keyword must not begin with {_REFERENCE!r}"
            )


def _texts(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(key, inner)
