"""The models on offer: prices, windows, latency; and the one formula for what a call costs."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from routelab._checks import InputError, atomic_file, did_you_mean, require
from routelab._model import FieldError, Model, from_fields, from_litellm_entry
from routelab._yaml import read_yaml

if TYPE_CHECKING:
    import pandas as pd


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
        """Read a price book: the key `models` with, by name, the fields of :class:`Model`.

        Raises
        ------
        InputError
            The file is no YAML, a name stands twice, or a field is unknown, missing or wrong; the
            message starts with ``file:line:column``.
        """
        document = read_yaml(path, "catalog")
        data = document.data
        if not isinstance(data, dict) or not isinstance(data.get("models"), dict):
            raise InputError(
                f"{document.where(('models',))}: a catalog is a mapping with the key 'models', "
                "which holds a mapping of names to fields"
            )
        models = []
        for name, entry in data["models"].items():
            try:
                models.append(from_fields(name, entry))
            except FieldError as error:
                # A name that YAML does not read as text stands under its spelling in the file.
                place = document.where(
                    ("models", name if isinstance(name, str) else str(name), error.field)
                )
                raise InputError(f"{place}: {error}") from None
        return cls(models)

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Catalog:
        """Return the catalog of ``{"models": {name: fields}}``, as :meth:`to_mapping` gives it."""
        entries = data.get("models")
        if not isinstance(entries, Mapping):
            raise InputError("a catalog is a mapping with the key 'models'")
        return cls([from_fields(name, entry) for name, entry in entries.items()])

    @classmethod
    def from_litellm(cls, names: Iterable[str]) -> Catalog:
        """Take models from the price map of the installed LiteLLM, offline.

        Parameters
        ----------
        names : iterable of str
            Keys of the price map, such as "gpt-4o" or "mistral/codestral-latest".

        Raises
        ------
        InputError
            LiteLLM is not installed, does not know a name, or has no price or a price of 0 for it,
            which there means unknown.
        """
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        litellm = require("litellm", "litellm")
        version = importlib.metadata.version("litellm")
        models = []
        for name in names:
            entry = litellm.model_cost.get(name)
            if entry is None:
                near = did_you_mean(name, litellm.model_cost)
                raise InputError(f"LiteLLM {version} has no price for {name!r}{near}")
            models.append(from_litellm_entry(name, entry, f"LiteLLM price map {version}"))
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
                f"the catalog has no model {name!r}{did_you_mean(name, self._models)}; "
                "add it with its price"
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
        """Write the catalog, so that :meth:`from_yaml` reads back an equal one."""
        with atomic_file(path) as temporary:
            text = yaml.safe_dump(self.to_mapping(), sort_keys=False, allow_unicode=True)
            temporary.write_text(text, encoding="utf-8")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per model, with the fields of :class:`Model` as columns."""
        import pandas as pd

        return pd.DataFrame([asdict(model) for model in self._models.values()]).set_index("name")

    def diff(self, other: Catalog) -> pd.DataFrame:
        """Return what changed from this catalog to `other`, see :func:`routelab.diff_prices`."""
        from routelab.prices import diff_prices

        return diff_prices(self, other)

    def cost(
        self,
        model: str | Model,
        input_tokens: Any,
        output_tokens: Any,
        cached_input_tokens: Any = 0,
    ) -> Any:
        """Return what calls cost, in USD: the one formula for estimates and for bookings.

        Parameters
        ----------
        model : str or Model
        input_tokens, output_tokens : int or array of shape (n_calls,)
            Reasoning tokens are part of the output.
        cached_input_tokens : int or array of shape (n_calls,), default=0
            The part of `input_tokens` that was read from the prompt cache; it costs the full input
            price where the catalog has no cached one.

        Returns
        -------
        float or array of shape (n_calls,)

        Raises
        ------
        InputError
            The model is not in the catalog, or more tokens were cached than came in.

        Examples
        --------
        >>> round(Catalog.bundled().cost("gpt-4o", 1000, 200, cached_input_tokens=400), 6)
        0.004
        """
        entry = self[model] if isinstance(model, str) else model
        cached = entry.cached_input_usd_per_mtok
        cached = entry.input_usd_per_mtok if cached is None else cached
        fresh = input_tokens - cached_input_tokens
        if (fresh < 0) if isinstance(fresh, (int, float)) else (fresh < 0).any():
            raise InputError("cached_input_tokens is a part of input_tokens and cannot exceed it")
        cost = fresh * (entry.input_usd_per_mtok / 1e6) + cached_input_tokens * (cached / 1e6)
        return cost + output_tokens * (entry.output_usd_per_mtok / 1e6)


@lru_cache(maxsize=1)
def _bundled() -> Catalog:
    from routelab.datasets import resolve_bundled

    return Catalog.from_yaml(resolve_bundled("bundled:catalog.yaml"))
