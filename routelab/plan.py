"""The plan: the one description of a routing policy, which is simulated, tuned and exported.

Field names follow LiteLLM where LiteLLM has the same thing. What the gateway does not have (rules,
calendar budgets, the decision cache) is part of the plan too; exporters name what their target
cannot carry.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from routelab._checks import InputError, atomic_file, did_you_mean
from routelab._model import Model
from routelab._plan_parts import (
    Arm,
    Budget,
    Cooldown,
    DecisionCache,
    Deployment,
    Hedge,
    Part,
    Retries,
    RouterSpec,
    Rule,
    Split,
    Strategy,
    period_seconds,
)
from routelab._yaml import Document, read_yaml
from routelab.catalog import Catalog

__all__ = [
    "Arm",
    "Budget",
    "Cooldown",
    "DecisionCache",
    "Deployment",
    "Hedge",
    "Plan",
    "Retries",
    "RouterSpec",
    "Rule",
    "Split",
    "period_seconds",
]


MAX_FAILOVER = 62  # deployments of a group whose failures fit into one number


def _as_catalog(value: Any) -> Any:
    if value == "bundled":
        return Catalog.bundled()
    if isinstance(value, str):
        return Catalog.from_yaml(value)
    if isinstance(value, dict):
        return Catalog.from_mapping(value)
    return value


def _as_spec(value: Any) -> Any:
    if value is None or isinstance(value, (dict, RouterSpec)):
        return value
    from routelab.routers import describe_router

    return RouterSpec(fitted=value, **describe_router(value))


def _as_groups(value: Any) -> Any:
    """Expand the short forms: ``strong: gpt-4o`` and ``strong: [gpt-4o, azure/gpt-4o]``."""
    if not isinstance(value, dict):
        return value
    return {str(group): _as_deployments(str(group), entry) for group, entry in value.items()}


def _as_deployments(group: str, entry: Any) -> Any:
    entries = entry if isinstance(entry, (list, tuple)) else [entry]
    if not entries:
        raise ValueError(f"the model group {group!r} has no deployment")
    expanded = []
    for item in entries:
        if isinstance(item, str):
            item = {"model": item}
        if isinstance(item, dict) and "id" not in item:
            item = {"id": f"{group}/{item.get('model')}", **item}
        expanded.append(item)
    return tuple(expanded)


_OneOf = str | Deployment
_Groups = dict[str, _OneOf | Annotated[list[_OneOf], Field(min_length=1)]]
CatalogField = Annotated[
    Catalog,
    BeforeValidator(_as_catalog),
    PlainSerializer(lambda catalog: catalog.to_mapping()),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]


class Plan(Part):
    """What would be deployed: model groups, router, and every policy around them.

    A plan is immutable; use :meth:`replace` for a changed copy. It round-trips through YAML
    (:meth:`from_yaml`, :meth:`to_yaml`) and has a JSON Schema (``Plan.model_json_schema()``).

    Parameters
    ----------
    models : dict of str to (str or Deployment or list of them)
        Model groups by name, each with one or more deployments. A string names a model of the
        catalog.
    default : str
        Group of requests that nothing else decides.
    catalog : Catalog or "bundled" or path or mapping
        Prices and windows; only the models in use are kept.
    router : RouterSpec or fitted estimator, optional
        Chooses a route for requests that carry a prompt.
    routes : dict of str to str
        Route (a label of the router) to model group.

    Examples
    --------
    >>> plan = Plan(models={"strong": "gpt-4o", "cheap": "gpt-4o-mini"}, default="cheap",
    ...             fallbacks={"strong": ["cheap"]})
    >>> plan.deployments["strong/gpt-4o"].model
    'gpt-4o'
    """

    version: Literal[1] = 1
    name: str = "plan"
    semantics: Literal["litellm"] = "litellm"
    models: Annotated[
        dict[str, tuple[Deployment, ...]],
        BeforeValidator(_as_groups, json_schema_input_type=_Groups),
    ]
    default: str
    catalog: CatalogField = Field("bundled", validate_default=True)
    router: Annotated[RouterSpec | None, BeforeValidator(_as_spec)] = None
    routes: dict[str, str] = {}
    rules: tuple[Rule, ...] = ()
    split: Split | None = None
    decision_cache: DecisionCache | None = None
    strategy: Strategy = "simple-shuffle"
    enable_pre_call_checks: bool = False
    enable_weighted_failover: bool = False
    enforce_model_rate_limits: bool = Field(
        False, description="rpm and tpm are exact limits of each clock minute, for any strategy"
    )
    hedge: Hedge | None = None
    prompt_cache_ttl_s: float | None = Field(
        300,
        gt=0,
        description="a session that changes its model within this time loses its cached tokens; "
        "null: cached tokens are those of the log",
    )
    retries: Retries = Retries()
    timeout_s: float | None = Field(None, gt=0)
    cooldown: Cooldown = Cooldown()
    fallbacks: dict[str, tuple[str, ...]] = {}
    context_window_fallbacks: dict[str, tuple[str, ...]] | None = None
    content_policy_fallbacks: dict[str, tuple[str, ...]] | None = None
    default_fallbacks: tuple[str, ...] = ()
    max_fallbacks: int = Field(5, ge=0)
    model_group_alias: dict[str, str] = {}
    budgets: tuple[Budget, ...] = ()
    expected_output_tokens: int = Field(300, ge=0, description="for cost estimates before a call")

    @model_validator(mode="after")
    def _references(self) -> Self:
        if not self.models:
            raise ValueError("models: a plan needs at least one model group")
        for place, group in self._named_groups():
            if group not in self.models:
                raise ValueError(
                    f"{place}: there is no model group "
                    f"{group!r}{did_you_mean(group, self.models)}; "
                    f"groups are {', '.join(self.models)}"
                )
        if self.enforce_model_rate_limits and self.strategy == "usage-based-routing-v2":
            raise ValueError(
                "enforce_model_rate_limits: usage-based-routing-v2 counts into the same keys of "
                "the gateway's cache, so that each call would count twice; choose one of the two"
            )
        widest = max(self.models, key=lambda group: len(self.models[group]))
        if self.enable_weighted_failover and len(self.models[widest]) > MAX_FAILOVER:
            raise ValueError(
                f"models.{widest}: weighted failover is replayed for groups of up to "
                f"{MAX_FAILOVER} deployments, got {len(self.models[widest])}"
            )
        ids = [d.id for group in self.models.values() for d in group]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"models: deployment id {twice[0]!r} is used twice")
        for group, deployments in self.models.items():
            for number, deployment in enumerate(deployments):
                if deployment.model not in self.catalog.names:
                    raise ValueError(
                        f"models.{group}.{number}: no price for the model {deployment.model!r}"
                        f"{did_you_mean(deployment.model, self.catalog.names)}; add it to the "
                        f"catalog"
                    )
        self._check_budgets(set(ids))
        used = sorted({d.model for group in self.models.values() for d in group})
        object.__setattr__(self, "catalog", self.catalog.select(used))
        return self

    def _named_groups(self) -> list[tuple[str, str]]:
        """Every mention of a model group, with its place in the plan."""
        found = [("default", self.default)]
        found += [(f"routes.{route}", group) for route, group in self.routes.items()]
        found += [(f"rules.{i}.model", rule.model) for i, rule in enumerate(self.rules)]
        if self.split is not None:
            arms = self.split.arms.items()
            found += [(f"split.arms.{name}.model", arm.model) for name, arm in arms if arm.model]
            found += [(f"split.models.{i}", m) for i, m in enumerate(self.split.models or ())]
        for field in ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks"):
            for source, targets in (getattr(self, field) or {}).items():
                if source != "*":
                    found.append((f"{field}.{source}", source))
                found += [(f"{field}.{source}.{i}", target) for i, target in enumerate(targets)]
        for group, deployments in self.models.items():
            for number, deployment in enumerate(deployments):
                place = f"models.{group}.{number}.silent_model"
                found += [(f"{place}.{i}", g) for i, g in enumerate(deployment.silent_model)]
        if self.hedge is not None and self.hedge.to is not None:
            found.append(("hedge.to", self.hedge.to))
        found += [(f"default_fallbacks.{i}", g) for i, g in enumerate(self.default_fallbacks)]
        found += [(f"model_group_alias.{a}", g) for a, g in self.model_group_alias.items()]
        for number, budget in enumerate(self.budgets):
            for i, group in enumerate(budget.downgrade_to):
                found.append((f"budgets.{number}.downgrade_to.{i}", group))
            found += [(f"budgets.{number}.values.{group}", group) for group in budget.values]
        return found

    def _check_budgets(self, ids: set[str]) -> None:
        providers = {self.provider_of(d) for group in self.models.values() for d in group}
        seen = set()
        for number, budget in enumerate(self.budgets):
            known = {"provider": providers, "deployment": ids}.get(budget.scope)
            if known is not None and budget.name not in known:
                raise ValueError(
                    f"budgets.{number}.name: there is no {budget.scope} {budget.name!r}; "
                    f"the plan has {', '.join(sorted(known))}"
                )
            unvalued = [g for g in self.models if budget.values and g not in budget.values]
            if unvalued:
                raise ValueError(
                    f"budgets.{number}.values: no value for the model group {unvalued[0]!r}"
                )
            if (budget.scope, budget.name) in seen:
                raise ValueError(
                    f"budgets.{number}: a second budget for {budget.scope} {budget.name!r}"
                )
            seen.add((budget.scope, budget.name))

    @property
    def deployments(self) -> dict[str, Deployment]:
        """All deployments by id, in the order of the plan."""
        return {d.id: d for group in self.models.values() for d in group}

    def model_of(self, deployment: Deployment) -> Model:
        """Return the catalog's entry for a deployment."""
        return self.catalog[deployment.model]

    def provider_of(self, deployment: Deployment) -> str:
        """Return the provider of a deployment, as the catalog names it."""
        return self.catalog[deployment.model].provider

    def replace(self, **changes: Any) -> Plan:
        """Return a checked copy with some fields changed.

        Examples
        --------
        >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
        >>> plan.replace(timeout_s=20).timeout_s
        20.0
        """
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self)(**{**fields, **changes})

    def fitted(self) -> Plan:
        """Return the same plan with its router loaded or trained.

        So that every later use shares it.
        """
        if self.router is None:
            return self
        router = self.router.model_copy(update={"fitted": self.router.resolve()})
        return self.replace(router=router)

    def with_catalog(self, catalog: Catalog) -> Plan:
        """Return the same plan at other prices."""
        return self.replace(catalog=catalog)

    @classmethod
    def from_yaml(cls, path: str | os.PathLike[str]) -> Plan:
        """Read a plan; paths inside it are relative to the file.

        Raises
        ------
        InputError
            With ``file:line:column`` of the first thing that is wrong.
        """
        document = read_yaml(path, "plan")
        if not isinstance(document.data, dict):
            raise InputError(f"{document.path}: a plan is a mapping with 'models' and 'default'")
        data = _with_absolute_paths(document.data, Path(path).resolve().parent)
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise InputError(describe_validation(error, document)) from None

    def to_mapping(self) -> dict[str, Any]:
        """Return plain data for YAML or JSON, without fields that keep their default."""
        data = self.model_dump(mode="json", exclude_defaults=True)
        return {"version": self.version, **data, "catalog": self.catalog.to_mapping()}

    def to_yaml(self, path: str | os.PathLike[str]) -> None:
        """Write the plan with the prices it uses.

        A router fitted in Python needs a bundle instead.
        """
        if self.router is not None and not (self.router.labels or self.router.file):
            raise InputError(
                "this plan holds a router fitted in Python, which YAML cannot carry: "
                "use save_bundle(), or set router.labels"
            )
        with atomic_file(path) as temporary:
            text = yaml.safe_dump(self.to_mapping(), sort_keys=False, allow_unicode=True)
            temporary.write_text(text, encoding="utf-8")


def _with_absolute_paths(data: dict[str, Any], base: Path) -> dict[str, Any]:
    """Resolve the file names inside a plan against the folder of the plan."""

    def absolute(name: Any) -> Any:
        plain = isinstance(name, str) and name != "bundled" and not name.startswith("bundled:")
        return str(base / name) if plain else name

    data = dict(data)
    if isinstance(data.get("catalog"), str):
        data["catalog"] = absolute(data["catalog"])
    if isinstance(data.get("router"), dict):
        router = dict(data["router"])
        for key in ("labels", "file"):
            if key in router:
                router[key] = absolute(router[key])
        data["router"] = router
    return data


def describe_validation(error: ValidationError, document: Document) -> str:
    """Turn pydantic's report into one line with the place in the file."""
    first = error.errors()[0]
    location = list(first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "there is no such field in a plan"
    elif "input" in first and first["type"] != "missing" and not message.endswith("twice"):
        if isinstance(first["input"], (str, int, float, bool)) and "got " not in message:
            message += f", got {first['input']!r}"
    if not location:  # raised by a check over the whole plan: its text starts with the place
        place, _, _ = message.partition(":")
        location = [int(k) if k.isdigit() else k for k in place.split(".")]
        return f"{document.where(location)}: {message}"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{document.where(location)}: {'.'.join(map(str, location))}: {message}{more}"
