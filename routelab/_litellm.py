"""LiteLLM, imported where it is used: its own price map, and no chatter."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from routelab._checks import require


def open_litellm() -> Any:
    """Return the module `litellm`; its price map is the installed one, not a download.

    Raises
    ------
    InputError
        It is not installed: the message names the extra.
    """
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    litellm: Any = require("litellm", "litellm")
    litellm.suppress_debug_info = True
    return litellm


def missing_keys(model: str) -> list[str]:
    """Return the environment variables with a key for this model that are not set."""
    found = open_litellm().validate_environment(model)["missing_keys"]
    return [name for name in found if name.endswith("_API_KEY")]


def known_model(model: str) -> Mapping[str, Any]:
    """Return what LiteLLM's map says of a model, with or without its provider; else nothing."""
    known = open_litellm().model_cost
    return known.get(model) or known.get(model.split("/", 1)[-1]) or {}
