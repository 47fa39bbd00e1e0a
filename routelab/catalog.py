"""The models on offer: prices, windows, latency; and the one formula for what a call costs."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from routelab._checks import InputError, atomic_file, did_you_mean, require
from routelab._yaml import read_yaml

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalog.

    Parameters
    ----------
    name : str
    provider : str
        As the gateway names it: "openai", "azure", "anthropic", ...
    input_usd_per_mtok, output_usd_per_mtok : float
        USD per million tokens. Reasoning tokens are billed as output.
    cached_input_usd_per_mtok, cache_write_usd_per_mtok : float, optional
        For input tokens read from, or written to, the provider's prompt cache.
    context_window, max_output_tokens : int, optional
        Tokens.
    ttft_s, output_tokens_per_s : float, optional
        Seconds to the first token, and speed after it.
    quality : float, optional
        In [0, 1].
    rpm, tpm : int, optional
        Requests and tokens per minute.
    litellm_model : str, optional
        The gateway's name of the model, such as "openai/gpt-4o-mini".
    mode : str
        "chat" or "embedding".
    free : bool
        Whether prices of 0 are meant.
    assumed : tuple of str
        Fields that no source states.
    source, date : str
        Where the figures come from, and when they held (ISO date).
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
        object.__setattr__(self, "assumed", tuple(self.assumed))
        for name in ("input_usd_per_mtok", "output_usd_per_mtok"):
            _check_number(self.name, name, getattr(self, name), required=True)
        for name in _NUMBERS:
            _check_number(self.name, name, getattr(self, name), required=False)
        if not self.free and self.input_usd_per_mtok == 0 and self.mode == "chat":
            raise InputError(
                f"model {self.name!r}: a price of 0 usually means unknown; "
                "state the price, or set free: true"
            )


_NUMBERS = (
    "cached_input_usd_per_mtok",
    "cache_write_usd_per_mtok",
    "context_window",
    "max_output_tokens",
    "ttft_s",
    "output_tokens_per_s",
    "quality",
    "rpm",
    "tpm",
)


def _check_number(model: str, field: str, value: Any, *, required: bool) -> None:
    if value is None and not required:
        return
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not plain or not math.isfinite(value) or value < 0:
        raise InputError(f"model {model!r}: {field} must be a number of at least 0, got {value!r}")


class Catalog:
    """An immutable table of models by name.

    Examples
    --------
    >>> catalog = Catalog.bundled()
    >>> round(catalog.cost("gpt-4o-mini", input_tokens=1000, output_tokens=200), 6)
    0.00027
    """

    def __init__(self, models: Iterable[Model]):
        table: dict[str, Model] = {}
        for model in models:
            if model.name in table:
                raise InputError(f"the catalog has two models named {model.name!r}")
            table[model.name] = model
        self._models = table

    @classmethod
    def bundled(cls) -> Catalog:
        """Return the price book that comes with routelab."""
        return _bundled()

    @classmethod
    def from_yaml(cls, path: str | os.PathLike[str]) -> Catalog:
        """Read a price book; an error names ``file:line:column``."""
        document = read_yaml(path, "catalog")
        data = document.data
        if not isinstance(data, dict) or not isinstance(data.get("models"), dict):
            raise InputError(f"{document.path}: a catalog is a mapping with the key 'models'")
        models = []
        for name, entry in data["models"].items():
            try:
                models.append(_model(name, entry))
            except InputError as error:
                raise InputError(f"{document.where(('models', name))}: {error}") from None
        return cls(models)

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Catalog:
        """Return the catalog of ``{"models": {name: fields}}``, as :meth:`to_mapping` gives it."""
        entries = data.get("models")
        if not isinstance(entries, Mapping):
            raise InputError("a catalog is a mapping with the key 'models'")
        return cls([_model(name, entry) for name, entry in entries.items()])

    @classmethod
    def from_litellm(cls, names: Iterable[str]) -> Catalog:
        """Take models from the price map of the installed LiteLLM, offline.

        Raises
        ------
        InputError
            LiteLLM is not installed, does not know a name, or has a price of 0 for a chat model,
            which there means unknown.
        """
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        litellm = require("litellm", "litellm")
        version = require("importlib.metadata", "litellm").version("litellm")
        models = []
        for name in names:
            entry = litellm.model_cost.get(name)
            if entry is None or "input_cost_per_token" not in entry:
                near = did_you_mean(name, litellm.model_cost)
                raise InputError(f"LiteLLM's price map has no price per token for {name!r}{near}")
            provider = entry.get("litellm_provider", name.partition("/")[0])
            models.append(
                Model(
                    name=name,
                    provider=provider,
                    input_usd_per_mtok=entry["input_cost_per_token"] * 1e6,
                    output_usd_per_mtok=entry.get("output_cost_per_token", 0.0) * 1e6,
                    cached_input_usd_per_mtok=_per_million(entry.get("cache_read_input_token_cost")),
                    cache_write_usd_per_mtok=_per_million(entry.get("cache_creation_input_token_cost")),
                    context_window=entry.get("max_input_tokens"),
                    max_output_tokens=entry.get("max_output_tokens"),
                    litellm_model=name if "/" in name else f"{provider}/{name}",
                    mode=entry.get("mode", "chat"),
                    source=f"LiteLLM price map {version}",
                )
            )
        return cls(models)

    @property
    def names(self) -> list[str]:
        """Names in the order of the catalog."""
        return list(self._models)

    def __getitem__(self, name: str) -> Model:
        try:
            return self._models[name]
        except KeyError:
            raise InputError(
                f"the catalog has no model {name!r}{did_you_mean(name, self._models)}; add it with its price"
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._models

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catalog) and self._models == other._models

    def __hash__(self) -> int:
        return hash(self.content_hash)

    def __repr__(self) -> str:
        return f"Catalog({len(self)} models, {self.content_hash[:12]})"

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content, independent of the order of the models."""
        text = json.dumps(self.to_mapping(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def select(self, names: Iterable[str]) -> Catalog:
        """Return a catalog of some of the models."""
        return Catalog([self[name] for name in names])

    def to_mapping(self) -> dict[str, Any]:
        """Return plain data for YAML or JSON, without fields that keep their default."""
        defaults = {f.name: f.default for f in fields(Model)}
        models = {}
        for model in self._models.values():
            entry = {k: v for k, v in asdict(model).items() if k != "name" and v != defaults[k]}
            if "assumed" in entry:
                entry["assumed"] = list(entry["assumed"])
            models[model.name] = entry
        return {"models": models}

    def to_yaml(self, path: str | os.PathLike[str]) -> None:
        """Write the catalog."""
        with atomic_file(path) as temporary:
            text = yaml.safe_dump(self.to_mapping(), sort_keys=False, allow_unicode=True)
            temporary.write_text(text, encoding="utf-8")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per model."""
        import pandas as pd

        return pd.DataFrame([asdict(model) for model in self._models.values()]).set_index("name")

    def cost(
        self, model: str | Model, input_tokens: Any, output_tokens: Any, cached_input_tokens: Any = 0
    ) -> Any:
        """Return what calls cost, in USD: the one formula for estimates and for bookings.

        Parameters
        ----------
        model : str or Model
        input_tokens, output_tokens, cached_input_tokens : int or array
            `cached_input_tokens` is the part of `input_tokens` that was read from the prompt cache; it
            costs the full input price where the catalog has no cached one.
        """
        entry = self[model] if isinstance(model, str) else model
        cached = entry.cached_input_usd_per_mtok
        cached = entry.input_usd_per_mtok if cached is None else cached
        fresh = input_tokens - cached_input_tokens
        cost = fresh * (entry.input_usd_per_mtok / 1e6) + cached_input_tokens * (cached / 1e6)
        return cost + output_tokens * (entry.output_usd_per_mtok / 1e6)


def _per_million(per_token: float | None) -> float | None:
    return None if per_token is None else per_token * 1e6


def _model(name: Any, entry: Any) -> Model:
    if not isinstance(entry, Mapping):
        raise InputError(f"model {name!r} must be a mapping of fields, got {type(entry).__name__}")
    known = [f.name for f in fields(Model)]
    for field in entry:
        if field not in known:
            raise InputError(f"model {name!r} has no field {field!r}{did_you_mean(str(field), known)}")
    missing = {"provider", "input_usd_per_mtok", "output_usd_per_mtok"} - set(entry)
    if missing:
        raise InputError(f"model {name!r} lacks {sorted(missing)[0]}")
    values = {k: (v.isoformat() if hasattr(v, "isoformat") else v) for k, v in entry.items()}
    return Model(**{**values, "name": str(name)})


@lru_cache(maxsize=1)
def _bundled() -> Catalog:
    from routelab.datasets import resolve_bundled

    return Catalog.from_yaml(resolve_bundled("bundled:catalog.yaml"))
