"""Checks of prices and budgets."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from routelab.exporters._lint._base import Spot, check, is_number, shown
from routelab.exporters._lint._config import PROXY, ROUTER, Config, Entry, as_dict

PERIOD = re.compile(r"[1-9]\d*(s|m|h|d|mo|w)")
PRICES = ("input_cost_per_token", "output_cost_per_token")
# Nobody asks 1,000 USD for a million tokens.
HIGHEST_PRICE = 1e-3
# Served where they run, without a price per token.
OWN = ("ollama", "ollama_chat", "vllm", "hosted_vllm", "lm_studio", "llamafile", "xinference")


@check(
    "RL301",
    "budget-zero",
    "error",
    why="a budget of 0 is read as no budget at all",
    fix="give a limit above 0, or remove the deployment",
)
def budget_zero(config: Config) -> Iterator[Spot]:
    """Yield budgets of 0."""
    for where, budget, limit, _ in _budgets(config):
        value = budget.get(limit)
        if is_number(value) and value == 0:
            yield Spot((*where, limit), f"{limit}: 0 does not stop spending")


@check(
    "RL302",
    "budget-without-duration",
    "error",
    why="a budget without a duration is silently no budget",
    fix="add budget_duration: 1d",
)
def budget_without_duration(config: Config) -> Iterator[Spot]:
    """Yield budgets without a duration."""
    for where, budget, limit, period in _budgets(config):
        if budget.get(limit) is not None and budget.get(period) is None:
            yield Spot((*where, limit), f"{limit} without {period} sets no budget")


@check(
    "RL303",
    "bad-period",
    "error",
    why="a period that cannot be read fails in the background: the budget is silently absent",
    fix="write 30s, 10m, 12h, 1d, 1w or 1mo",
)
def bad_period(config: Config) -> Iterator[Spot]:
    """Yield durations that the proxy cannot read."""
    for where, budget, _, period in _budgets(config):
        value = budget.get(period)
        if value is not None and not (isinstance(value, str) and PERIOD.fullmatch(value)):
            yield Spot((*where, period), f"{shown(value)} is no period")


@check(
    "RL304",
    "budget-missing",
    "error",
    why="a provider budget without a limit drops all deployments of the provider",
    fix="set budget_limit",
)
def budget_missing(config: Config) -> Iterator[Spot]:
    """Yield provider budgets without a limit."""
    for where, budget, limit, _ in _provider_budgets(config):
        if budget.get(limit) is None:
            yield Spot(where, "the provider budget has no limit")


@check(
    "RL305",
    "budget-of-nobody",
    "warning",
    why="the budget is never reached: no deployment spends from it",
    fix="name the provider as it stands before the slash of a model",
)
def budget_of_nobody(config: Config) -> Iterator[Spot]:
    """Yield budgets of providers that no deployment uses."""
    used = {e.params.get("custom_llm_provider") for e in config.entries}
    used = {p for p in used if isinstance(p, str)} | {
        e.model.partition("/")[0] for e in config.entries if "/" in e.model
    }
    bare = any(e.model and "/" not in e.model for e in config.entries)
    for where, _, _, _ in _provider_budgets(config):
        if where[-1] not in used and not bare:
            yield Spot(where, f"no deployment is of the provider {shown(where[-1])}")


@check(
    "RL306",
    "no-price",
    "warning",
    why="cost-based routing looks a price up by the literal name, finds none for provider/name, "
    "and takes 5 USD per token for all: the first deployment is always chosen",
    fix="set input_cost_per_token and output_cost_per_token",
)
def no_price(config: Config) -> Iterator[Spot]:
    """Yield deployments whose price cost-based routing cannot find."""
    if config.strategy != "cost-based-routing":
        return
    for entry in config.entries:
        if "/" in entry.model and not entry.is_router and not _priced(entry):
            yield Spot((*entry.at, "model"), f"no price is found for {shown(entry.model)}")


@check(
    "RL307",
    "silently-free",
    "warning",
    why="LiteLLM books 0 USD for a model that is not in its price map, without an error: spend is "
    "too low and budgets are never reached",
    fix="set input_cost_per_token and output_cost_per_token",
)
def silently_free(config: Config) -> Iterator[Spot]:
    """Yield models that LiteLLM knows, but not their price."""
    for entry in config.entries:
        provider, _, bare = entry.model.rpartition("/")
        skip = entry.is_router or not entry.model or "*" in entry.model or provider in OWN
        if not skip and not _priced(entry) and _is_free(entry.model, bare):
            message = f"{shown(entry.model)} is not in LiteLLM's price map"
            yield Spot((*entry.at, "model"), message)


@check(
    "RL308",
    "price-unit",
    "error",
    why="prices are USD per token: a price per million tokens books a million times the spend",
    fix="divide a price per million tokens by 1,000,000, as in 2.5e-06",
)
def price_unit(config: Config) -> Iterator[Spot]:
    """Yield prices that can only be per thousand or million tokens."""
    for where, name, value in _prices(config):
        if is_number(value) and value > HIGHEST_PRICE:
            yield Spot((*where, name), f"{name} of {shown(value)} USD per token")


@check(
    "RL309",
    "half-a-price",
    "warning",
    why="the other half is taken as 0 USD",
    fix="set both prices",
)
def half_a_price(config: Config) -> Iterator[Spot]:
    """Yield deployments with a price for input or output alone."""
    for entry in config.entries:
        given = [name for name in PRICES if entry.params.get(name) is not None]
        if len(given) == 1 and "embed" not in entry.model:
            yield Spot((*entry.at, given[0]), f"only {given[0]} is set")


@check(
    "RL310",
    "price-of-zero",
    "warning",
    why="cost-based routing reads a price of 0 as unknown, which counts as 5 USD per token",
    fix="write a very small price such as 1e-12",
)
def price_of_zero(config: Config) -> Iterator[Spot]:
    """Yield prices of 0 under cost-based routing."""
    for where, name, value in _prices(config):
        if config.strategy == "cost-based-routing" and is_number(value) and value == 0:
            yield Spot((*where, name), f"{name}: 0 makes the deployment the dearest")


def _provider_budgets(config: Config) -> Iterator[tuple[tuple[Any, ...], dict, str, str]]:
    found = as_dict(config.router.get("provider_budget_config"))
    for provider, budget in found.items():
        if isinstance(budget, dict):
            limit = "max_budget" if "max_budget" in budget else "budget_limit"
            period = "budget_duration" if "budget_duration" in budget else "time_period"
            yield (ROUTER, "provider_budget_config", provider), budget, limit, period


def _budgets(config: Config) -> Iterator[tuple[tuple[Any, ...], dict, str, str]]:
    """Yield all budgets: the way, the mapping, and its keys of limit and period."""
    for entry in config.entries:
        yield entry.at, entry.params, "max_budget", "budget_duration"
    yield (PROXY,), config.proxy, "max_budget", "budget_duration"
    yield from _provider_budgets(config)


def _prices(config: Config) -> Iterator[tuple[tuple[Any, ...], str, Any]]:
    for entry in config.entries:
        for name in PRICES:
            yield entry.at, name, entry.params.get(name)
            yield (*entry.where, "model_info"), name, entry.info.get(name)


def _priced(entry: Entry) -> bool:
    return entry.price(PRICES[0]) is not None or "base_model" in entry.info


def _is_free(model: str, bare: str) -> bool:
    known = _price_map()
    if known is None:
        return bare == "claude-sonnet-4-20250514"
    return model not in known and bare not in known


@cache
def _price_map() -> frozenset[str] | None:
    """Return the names in the price map of the installed LiteLLM; its code is not imported."""
    spec = importlib.util.find_spec("litellm")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / "model_prices_and_context_window_backup.json"
        if file.is_file():
            return frozenset(json.loads(file.read_text(encoding="utf-8")))
    return None
