"""The formats of price lists: LiteLLM's map per token, and others per million tokens."""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from routelab._checks import InputError
from routelab._model import Model, from_litellm_entry
from routelab._registry import Registry

_MOST_PER_TOKEN = 0.01
_LEAST_PER_MILLION = 1e-3
_CHAT = ("chat", "completion", "responses", None)


@dataclass(frozen=True)
class Entry:
    """One entry of a price list: a model, or the reason why there is none.

    `expected` marks entries in order that have no price per token.
    """

    key: str
    model: Model | None = None
    reason: str = ""
    expected: bool = False


class PriceReader(ABC):
    """A format of price lists; the document is the file's JSON."""

    title: ClassVar[str]

    @abstractmethod
    def sniff(self, document: Any) -> bool:
        """Tell whether the document is in this format."""

    @abstractmethod
    def entries(self, document: Any, on: datetime.date | None, source: str) -> Iterator[Entry]:
        """Yield every entry; `on` chooses among dated prices, None is the one that holds now."""


PRICE_READERS: Registry[type[PriceReader]] = Registry("price format", "routelab.prices")


def detect(document: Any) -> str | None:
    """Return the name of the reader that recognises a JSON document, or None."""
    return next((n for n in PRICE_READERS.names() if PRICE_READERS[n]().sniff(document)), None)


@PRICE_READERS.register("litellm")
class LiteLLMMap(PriceReader):
    """LiteLLM's price map: USD per token."""

    title = "LiteLLM price map (JSON: input_cost_per_token, ... in USD per token)"

    def sniff(self, document: Any) -> bool:
        """Look for LiteLLM's names in the first entries."""
        return any("litellm_provider" in one or "input_cost_per_token" in one
                   for one in _values(document)[:20])  # fmt: skip

    def entries(self, document: Any, on: datetime.date | None, source: str) -> Iterator[Entry]:
        """Take models that are priced per token; images, audio and unknown prices aside."""
        for key, given in document.items():
            if not isinstance(given, dict):
                yield Entry(key, reason="the entry is no object")
                continue
            mode = given.get("mode")
            price = given.get("input_cost_per_token")
            if key == "sample_spec":
                yield Entry(key, reason="the map's own example", expected=True)
            elif mode != "embedding" and mode not in _CHAT:
                yield Entry(key, reason=f"mode {str(mode)[:40]!r} is not chat", expected=True)
            elif price is None or (mode != "embedding" and not given.get("output_cost_per_token")):
                yield Entry(key, reason="no price per token", expected=True)
            elif price == 0:
                yield Entry(key, reason="a price of 0, which usually means unknown", expected=True)
            else:
                yield _checked(key, partial(_from_litellm, key, given, source))


def _from_litellm(key: str, given: dict[str, Any], source: str) -> Model:
    """Return the model; a window of 0, or one in words, is unknown."""
    plain = dict(given)
    for name in ("max_input_tokens", "max_output_tokens"):
        if type(plain.get(name)) is not int or plain[name] < 1:
            plain.pop(name, None)
    plain["mode"] = "embedding" if given.get("mode") == "embedding" else "chat"
    return from_litellm_entry(key, plain, source)


@PRICE_READERS.register("history")
class History(PriceReader):
    """Dated prices by vendor: USD per million tokens, each from a day on, until another."""

    title = "price history (JSON: vendor, models with price_history in USD per 1M tokens)"

    def sniff(self, document: Any) -> bool:
        """Look for a vendor and models with a history."""
        if not isinstance(document, dict) or not isinstance(document.get("models"), list):
            return False
        return all(isinstance(m, dict) and "price_history" in m for m in document["models"][:5])

    def entries(self, document: Any, on: datetime.date | None, source: str) -> Iterator[Entry]:
        """Take the price that held on the day."""
        vendor = str(document.get("vendor") or "unknown")
        for number, given in enumerate(document["models"]):
            key = str(given.get("id") if isinstance(given, dict) else number)
            history = given.get("price_history") if isinstance(given, dict) else None
            if not isinstance(history, list):
                yield Entry(key, reason="price_history must be a list")
                continue
            try:
                held = [p for p in history if isinstance(p, dict) and _holds(p, on)]
            except ValueError as error:
                yield Entry(key, reason=f"a date of price_history is wrong: {error}")
                continue
            if not held:
                day = "now" if on is None else on.isoformat()
                yield Entry(key, reason=f"no price that holds {day}", expected=True)
                continue
            price = held[-1]
            yield _per_million(
                key, vendor, price.get("input"), price.get("output"), price.get("input_cached"),
                date=price.get("from_date") or "", source=source,
            )  # fmt: skip


@PRICE_READERS.register("candidates")
class Candidates(PriceReader):
    """LLMRouter's and GraphRouter's candidates: `input_price`, `output_price`."""

    title = "candidates of LLMRouter or GraphRouter (JSON: input_price, output_price per 1M)"

    def sniff(self, document: Any) -> bool:
        """Look for both prices."""
        found = _values(document)[:5]
        return bool(found) and all("input_price" in one for one in found)

    def entries(self, document: Any, on: datetime.date | None, source: str) -> Iterator[Entry]:
        """Take the numbers; the text of `feature` may contradict them."""
        for key, given in document.items():
            given = given if isinstance(given, dict) else {}
            name = str(given.get("model") or key)
            provider = name.partition("/")[0] if "/" in name else "unknown"
            provider = str(given.get("service") or provider)
            yield _per_million(key, provider, given.get("input_price"), given.get("output_price"),
                               source=source)  # fmt: skip


@PRICE_READERS.register("routerarena")
class RouterArenaCosts(PriceReader):
    """RouterArena's cost.json."""

    title = "RouterArena costs (JSON: input_token_price_per_million, output_...)"

    def sniff(self, document: Any) -> bool:
        """Look for the long names."""
        found = _values(document)[:5]
        return bool(found) and all("input_token_price_per_million" in one for one in found)

    def entries(self, document: Any, on: datetime.date | None, source: str) -> Iterator[Entry]:
        """Take both prices; the provider is the name's prefix."""
        for key, given in document.items():
            given = given if isinstance(given, dict) else {}
            provider = key.partition("/")[0] if "/" in key else "unknown"
            yield _per_million(key, provider, given.get("input_token_price_per_million"),
                               given.get("output_token_price_per_million"),
                               source=source)  # fmt: skip


def _values(document: Any) -> list[dict[str, Any]]:
    values = document.values() if isinstance(document, dict) else []
    return [value for value in values if isinstance(value, dict)]


def _holds(price: dict[str, Any], on: datetime.date | None) -> bool:
    start, end = price.get("from_date"), price.get("to_date")
    if on is None:
        return end is None
    after = start is None or datetime.date.fromisoformat(str(start)) <= on
    return after and (end is None or on < datetime.date.fromisoformat(str(end)))


def _per_million(
    key: str,
    provider: str,
    given: Any,
    answer: Any,
    cached: Any = None,
    *,
    source: str,
    date: str = "",
) -> Entry:
    if given is None or answer is None:
        return Entry(key, reason="no price per token", expected=True)
    if given == 0 or answer == 0:
        return Entry(key, reason="a price of 0, which usually means unknown", expected=True)
    for value in (given, answer):
        if isinstance(value, int | float) and 0 < value < _LEAST_PER_MILLION:
            reason = f"USD per 1M tokens expected, {value!r} looks like USD per token"
            return Entry(key, reason=reason)
    return _checked(
        key,
        partial(
            Model, key, provider, given, answer, cached_input_usd_per_mtok=cached,
            source=source, date=date,
        ),
    )  # fmt: skip


def _checked(key: str, make: Callable[[], Model]) -> Entry:
    try:
        model = make()
    except (InputError, TypeError, ValueError, OverflowError) as error:
        return Entry(key, reason=str(error)[:200])
    high = max(model.input_usd_per_mtok, model.output_usd_per_mtok) / 1e6
    if high > _MOST_PER_TOKEN:
        return Entry(
            key, reason=f"{high:g} USD per token: more than {_MOST_PER_TOKEN} is a mistake"
        )
    return Entry(key, model)
