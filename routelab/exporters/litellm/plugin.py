"""What the proxy runs: a classifier for plans of four groups, a hook for everything else.

``routelab export`` copies this file of `routelab.exporters.litellm` to ``routelab_plugin.py``
beside ``config.yaml``, with a line at the end that makes the instance which the config names. It
reads its settings and the bundle beside itself. Prompts are never logged.
"""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

from routelab.exporters.litellm.decider import last_user_text, load

SETTINGS = "routelab_plugin.json"
TIMEOUT_S = 3.0
SHORT = 1000  # characters
COUNTED_AS = "gpt-4o"  # its tokenizer comes with LiteLLM; others are looked for on the network

_log = logging.getLogger("routelab")


class Classifier:
    """Names the tier of the route that the router chooses, and nothing where it abstains.

    Parameters
    ----------
    decider : Decider
        Of the runtime, or of `routelab.exporters.litellm.decider`.
    tiers : dict of str to str
        Route to one of the gateway's four tiers.
    """

    def __init__(self, decider: Any, tiers: dict[str, str]):
        self.decider = decider
        self.tiers = tiers

    @classmethod
    def beside(cls, file: str) -> Classifier:
        """Return the classifier of the settings and bundle beside a file."""
        decider, settings = _loaded(file)
        return cls(decider, settings["tiers"])

    async def classify(self, context: Any) -> str | None:
        """Return the tier of a request; None sends it to the default model."""
        try:
            text = last_user_text(list(context.structured_messages))
            if not text:  # a picture alone
                return None
            quick = self.decider.quick and len(text) <= SHORT
            return self.tiers.get(await _call(quick, self.decider.route, text))
        except Exception as error:  # an error's text may repeat the prompt
            _log.error("routelab: not classified (%s); the default serves", type(error).__name__)
            return None


class Hook:
    """Names the model group of a request for the router's own model name; leaves others alone.

    An error or a decision that takes longer than 3 s sends the request to the default group.

    Parameters
    ----------
    decider : Decider
    model : str
        Name under which clients reach the router.
    default : str
        Group of requests that could not be decided.
    counts : bool, default False
        Whether the decision needs the number of input tokens.
    """

    def __init__(self, decider: Any, model: str, default: str, counts: bool = False):
        self.decider = decider
        self.model = model
        self.default = default
        self.counts = counts

    @classmethod
    def beside(cls, file: str) -> Hook:
        """Return the hook of the settings and bundle beside a file."""
        decider, settings = _loaded(file)
        return cls(decider, settings["model"], settings["default"], settings["counts"])

    async def rewrite(self, data: dict[str, Any], key: Any) -> dict[str, Any]:
        """Set ``model`` of a request body (and tell the decision in its spend log)."""
        if data.get("model") != self.model:
            return data
        group = self.default
        try:
            quick = self.decider.quick and not self.counts and len(prompt_of(data) or "") <= SHORT
            decision = await asyncio.wait_for(_call(quick, self._decide, data, key), TIMEOUT_S)
            group = decision.group
            note(data, decision)
        except Exception as error:  # a request is never lost for the sake of its routing
            _log.error("routelab: not decided (%s); the default serves", type(error).__name__)
        data["model"] = group
        return data

    def _decide(self, data: dict[str, Any], key: Any) -> Any:
        tokens = count_tokens(data) if self.counts else None
        return self.decider.decide(**facts(data, key), input_tokens=tokens)


def callback(hook: Hook, base: type) -> Any:
    """Return the hook as an instance of the proxy's `CustomLogger`, given as `base`.

    The proxy calls a method only where the class of the instance itself has it.
    """

    async def async_pre_call_hook(
        self: Any, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: Any
    ) -> dict[str, Any]:
        return await hook.rewrite(data, user_api_key_dict)

    return type("RoutelabHook", (base,), {"async_pre_call_hook": async_pre_call_hook})()


def facts(data: dict[str, Any], key: Any) -> dict[str, str | None]:
    """Return what a plan looks at, read where LiteLLM's logs have it.

    ========== ==================================================================================
    fact       the first of these that is text
    ========== ==================================================================================
    text       last user message of ``messages`` (chat, Anthropic) or ``input`` (Responses), or
               ``prompt`` (completions)
    user       end user of the key's check (the body's ``user``, ``x-litellm-customer-id``), body
               ``user``, the key's user
    session_id ``litellm_session_id`` (``x-litellm-session-id``), ``metadata.session_id``
    request_id ``litellm_call_id`` (``x-litellm-call-id``), else one of its own
    tier       ``tier`` in the metadata of the key, of its team, of the request, of its
               ``spend_logs_metadata``; a request tag ``tier:NAME``
    ========== ==================================================================================

    Metadata of key and team come first, for clients cannot set them.
    """
    metadata = {**_table(data.get("metadata")), **_table(data.get("litellm_metadata"))}
    sources = (
        getattr(key, "metadata", None),
        getattr(key, "team_metadata", None),
        metadata.get("requester_metadata"),
        metadata,
        metadata.get("spend_logs_metadata"),
    )
    tags = [tag for tag in metadata.get("tags") or () if isinstance(tag, str)]
    tagged = [tag.removeprefix("tier:") for tag in tags if tag.startswith("tier:")]
    return {
        "text": prompt_of(data),
        "user": _first(
            getattr(key, "end_user_id", None), data.get("user"), getattr(key, "user_id", None)
        ),
        "session_id": _first(data.get("litellm_session_id"), metadata.get("session_id")),
        "request_id": _first(data.get("litellm_call_id")),
        "tier": _first(*(_table(source).get("tier") for source in sources), *tagged),
    }


def prompt_of(data: dict[str, Any]) -> str | None:
    """Return the newest text of the user in a request body, None where there is none."""
    asked = next((data[k] for k in ("messages", "input", "prompt") if data.get(k)), None)
    if isinstance(asked, list):
        asked = last_user_text(asked)
    return asked if isinstance(asked, str) and asked else None


def count_tokens(data: dict[str, Any]) -> int:
    """Return the tokens of a request, counted by LiteLLM before the call."""
    import litellm

    messages, text = data.get("messages"), prompt_of(data) or ""
    given = {"messages": messages} if messages else {"text": text}
    return int(litellm.token_counter(model=COUNTED_AS, **given))


def note(data: dict[str, Any], decision: Any) -> None:
    """Write a decision where the spend log keeps it: ``spend_logs_metadata.routelab``."""
    metadata = data.setdefault("litellm_metadata" if "litellm_metadata" in data else "metadata", {})
    if isinstance(metadata, dict):
        kept = _table(metadata.get("spend_logs_metadata"))
        told = {fact: getattr(decision, fact) for fact in ("group", "route", "routed_by", "arm")}
        metadata["spend_logs_metadata"] = {**kept, "routelab": told}


async def _call(quick: bool, function: Any, *arguments: Any) -> Any:
    """Call a function, in a thread unless it is done before a thread would have started.

    A long prompt or a slow router then holds up no other request.
    """
    return function(*arguments) if quick else await asyncio.to_thread(function, *arguments)


def _loaded(file: str) -> tuple[Any, dict[str, Any]]:
    folder = Path(file).resolve().parent
    settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    return load(folder / settings["bundle"], settings["sha256"]), settings


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(*values: Any) -> str | None:
    return next((v for v in values if isinstance(v, str) and v.strip()), None)
