"""The model list: one entry per deployment, with its key's name, explicit prices and limits."""

from __future__ import annotations

from typing import Any

from routelab._checks import InputError
from routelab.catalog import Model
from routelab.plan import Deployment, Plan

NEARLY_FREE = 1e-12  # USD per token


def model_entries(plan: Plan) -> list[dict[str, Any]]:
    """Return the ``model_list`` entries of all deployments, in the order of the plan.

    Raises
    ------
    InputError
        The catalog does not say how LiteLLM calls a model.

    Examples
    --------
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> params = model_entries(plan)[0]["litellm_params"]
    >>> params["model"], params["api_key"]
    ('openai/gpt-4o-mini', 'os.environ/OPENAI_API_KEY')
    """
    return [
        _entry(plan, group, deployment)
        for group, deployments in plan.models.items()
        for deployment in deployments
    ]


def _entry(plan: Plan, group: str, deployment: Deployment) -> dict[str, Any]:
    model = plan.model_of(deployment)
    if not model.litellm_model:
        raise InputError(
            f"the catalog does not say how LiteLLM calls {model.name!r}: set litellm_model there"
        )
    budget = next(
        (b for b in plan.budgets if (b.scope, b.name) == ("deployment", deployment.id)), None
    )
    params = {
        "model": model.litellm_model,
        "api_key": f"os.environ/{deployment.api_key_env or _key_of(model)}",
        "api_base": deployment.api_base,
        **(_prices(plan, model) if deployment.explicit_prices else {}),
        "weight": deployment.weight,
        "order": deployment.order,
        "rpm": deployment.rpm,
        "tpm": deployment.tpm,
        "max_parallel_requests": deployment.max_parallel_requests,
        "timeout": deployment.timeout_s,
        "num_retries": deployment.num_retries,
        "cooldown_time": deployment.cooldown_s,
        "silent_model": list(deployment.silent_model) or None,
        "max_budget": budget.limit_usd if budget else None,
        "budget_duration": budget.period if budget else None,
    }
    info = {
        "id": deployment.id,
        "max_input_tokens": model.context_window,
        "max_output_tokens": model.max_output_tokens,
        "allowed_fails": deployment.allowed_fails,
    }
    return {"model_name": group, "litellm_params": given(params), "model_info": given(info)}


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that have a value."""
    return {key: value for key, value in fields.items() if value is not None}


def key_name(provider: str) -> str:
    """Return the environment variable that holds the key of a provider.

    Examples
    --------
    >>> key_name("fireworks-ai")
    'FIREWORKS_AI_API_KEY'
    """
    return f"{provider.upper().replace('-', '_')}_API_KEY"


def _key_of(model: Model) -> str:
    prefix, slash, _ = (model.litellm_model or "").partition("/")
    return key_name(prefix if slash else model.provider)


def _prices(plan: Plan, model: Model) -> dict[str, float]:
    """Return USD per token, by which the replay booked.

    A price of cached tokens that the catalog lacks is the input price, as in the replay: where it
    is left out beside explicit prices, LiteLLM books these tokens at 0.
    """
    cached, written = model.cached_input_usd_per_mtok, model.cache_write_usd_per_mtok
    per_million = {
        "input_cost_per_token": model.input_usd_per_mtok,
        "output_cost_per_token": model.output_usd_per_mtok,
        "cache_read_input_token_cost": model.input_usd_per_mtok if cached is None else cached,
        "cache_creation_input_token_cost": model.input_usd_per_mtok if written is None else written,
    }
    # cost-based routing reads 0 as unknown, which counts as 5 USD per token
    least = NEARLY_FREE if plan.strategy == "cost-based-routing" else 0.0
    return {name: max(usd / 1e6, least) for name, usd in per_million.items()}
