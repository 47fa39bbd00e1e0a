"""One model on offer: its fields, their checks, and how it is read from plain data."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from routelab._checks import InputError, did_you_mean


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalog.

    Parameters
    ----------
    name : str
    provider : str
        As the gateway names it: "openai", "azure", "anthropic", ...
    input_usd_per_mtok, output_usd_per_mtok : float
        USD per million tokens. Reasoning tokens are billed as output. A price of 0 is an error,
        for it usually means unknown, except the output price of embeddings.
    cached_input_usd_per_mtok, cache_write_usd_per_mtok : float, optional
        For input tokens read from, or written to, the provider's prompt cache.
    context_window, max_output_tokens : int, optional
        Tokens.
    ttft_s, output_tokens_per_s : float, optional
        Seconds to the first token, and tokens per second after it (above 0).
    quality : float, optional
        In [0, 1].
    rpm, tpm : int, optional
        Requests and tokens per minute.
    litellm_model : str, optional
        The gateway's name of the model, such as "openai/gpt-4o-mini".
    mode : str
        "chat" or "embedding".
    free : bool
        Whether prices of 0 are meant, as for a model on one's own machine.
    assumed : tuple of str
        Fields that no source states; reports name them as assumptions.
    source, date : str
        Where the prices come from, and when they held: ``"2026-11-23"`` or ``"2025-09"``.

    Raises
    ------
    InputError
        A price is missing, negative, not finite or 0; a number or text is of the wrong type.

    Examples
    --------
    >>> Model("local", "ollama", input_usd_per_mtok=0, output_usd_per_mtok=0, free=True).free
    True
    """

    name: str
    provider: str
    input_usd_per_mtok: float
    output_usd_per_mtok: float
    cached_input_usd_per_mtok: float | None = None
    cache_write_usd_per_mtok: float | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    ttft_s: float | None = None
    output_tokens_per_s: float | None = None
    quality: float | None = None
    rpm: int | None = None
    tpm: int | None = None
    litellm_model: str | None = None
    mode: str = "chat"
    free: bool = False
    assumed: tuple[str, ...] = ()
    source: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        for field in _TEXTS:
            _check_text(self, field)
        for field in _PRICES + _MEASURES:
            _check_number(self, field)
        for field in _COUNTS:
            _check_count(self, field)
        if not isinstance(self.free, bool):
            raise FieldError(self.name, "free", f"must be true or false, got {self.free!r}")
        _check_assumed(self)
        paid = _PRICES[:2] if self.mode == "chat" else _PRICES[:1]
        for field in paid:
            if getattr(self, field) == 0 and not self.free:
                hint = "a price of 0 usually means unknown; state the price, or set free: true"
                raise FieldError(self.name, field, hint)


_PRICES = (
    "input_usd_per_mtok",
    "output_usd_per_mtok",
    "cached_input_usd_per_mtok",
    "cache_write_usd_per_mtok",
)
_MEASURES = ("ttft_s", "output_tokens_per_s", "quality")
_COUNTS = ("context_window", "max_output_tokens", "rpm", "tpm")
_TEXTS = ("name", "provider", "litellm_model", "mode", "source", "date")


class FieldError(InputError):
    """A field of a model is wrong; the reader of a file adds the place."""

    def __init__(self, model: Any, field: str, problem: str):
        super().__init__(f"model {model!r}: {field}: {problem}")
        self.field = field


def _check_text(model: Model, field: str) -> None:
    value = getattr(model, field)
    if value is None and field == "litellm_model":
        return
    if not isinstance(value, str) or (not value and field in ("name", "provider")):
        raise FieldError(model.name, field, f"must be text, got {value!r}; put it in quotes")
    if field == "mode" and value not in ("chat", "embedding"):
        raise FieldError(model.name, field, f"must be 'chat' or 'embedding', got {value!r}")
    if field == "date" and value and not _is_date(value):
        raise FieldError(model.name, field, f"must be YYYY-MM-DD or YYYY-MM, got {value!r}")


def _check_number(model: Model, field: str) -> None:
    value = getattr(model, field)
    if value is None and field not in _PRICES[:2]:
        return
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not plain or not math.isfinite(value) or value < 0:
        raise FieldError(model.name, field, f"must be a number of at least 0, got {value!r}")
    if field == "quality" and value > 1:
        raise FieldError(model.name, field, f"must be in [0, 1], got {value!r}")
    if field == "output_tokens_per_s" and value == 0:
        raise FieldError(model.name, field, "must be above 0, got 0; leave it out if unknown")
    object.__setattr__(model, field, float(value))


def _check_count(model: Model, field: str) -> None:
    value = getattr(model, field)
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise FieldError(model.name, field, f"must be a whole number above 0, got {value!r}")


def _check_assumed(model: Model) -> None:
    if isinstance(model.assumed, str) or not isinstance(model.assumed, (list, tuple)):
        raise FieldError(model.name, "assumed", f"must be a list, got {model.assumed!r}")
    known = [f.name for f in fields(Model)]
    for field in model.assumed:
        if field not in known:
            problem = f"names no field: {field!r}{did_you_mean(str(field), known)}"
            raise FieldError(model.name, "assumed", problem)
    object.__setattr__(model, "assumed", tuple(model.assumed))


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError:
        return False
    return len(text) in (7, 10)


def from_litellm_entry(name: str, entry: Mapping[str, Any], source: str) -> Model:
    """Return a model from an entry of LiteLLM's price map."""
    provider = entry.get("litellm_provider") or name.partition("/")[0]
    output = _per_million(entry.get("output_cost_per_token"))
    embedding = entry.get("mode") == "embedding"
    return Model(
        name=name,
        provider=provider,
        input_usd_per_mtok=_per_million(entry.get("input_cost_per_token")),  # type: ignore[arg-type]
        output_usd_per_mtok=output or 0.0 if embedding else output,  # type: ignore[arg-type]
        cached_input_usd_per_mtok=_per_million(entry.get("cache_read_input_token_cost")),
        cache_write_usd_per_mtok=_per_million(entry.get("cache_creation_input_token_cost")),
        context_window=entry.get("max_input_tokens"),
        max_output_tokens=entry.get("max_output_tokens"),
        litellm_model=name if "/" in name else f"{provider}/{name}",
        mode=entry.get("mode") or "chat",
        source=source,
    )


def _per_million(per_token: float | None) -> float | None:
    # 1e-07 * 1e6 is 0.09999999999999999: nine digits are far below the price of one token.
    return None if per_token is None else round(per_token * 1e6, 9)


def from_fields(name: Any, entry: Any) -> Model:
    """Return a model from plain data, as a YAML file or JSON holds it."""
    if not isinstance(name, str):
        raise FieldError(name, "name", f"must be text, got {name!r}; put it in quotes")
    if not isinstance(entry, Mapping):
        raise FieldError(name, "fields", f"must be a mapping, got {type(entry).__name__}")
    known = [f.name for f in fields(Model) if f.name != "name"]
    for field in entry:
        if field not in known:
            raise FieldError(name, str(field), f"no such field{did_you_mean(str(field), known)}")
    for field in ("provider", *_PRICES[:2]):
        if field not in entry:
            raise FieldError(name, field, "is missing")
    # YAML reads a date without quotes as a date.
    plain: dict[str, Any] = {
        k: v.isoformat() if isinstance(v, datetime.date) else v for k, v in entry.items()
    }
    return Model(name=name, **plain)
