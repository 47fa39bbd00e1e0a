"""The plan: the one description of a routing policy, which is simulated, tuned and exported.

Field names follow LiteLLM where LiteLLM has the same thing. What the gateway does not have (rules,
calendar budgets, the decision cache) is part of the plan too; exporters name what their target
cannot carry.
"""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from routelab._checks import InputError, atomic_file, did_you_mean
from routelab._yaml import Document, read_yaml
from routelab.catalog import Catalog, Model

#: Error types that the gateway's retry and allowed-fails policies know.
ERROR_TYPES = (
    "AuthenticationError",
    "BadRequestError",
    "ContentPolicyViolationError",
    "InternalServerError",
    "RateLimitError",
    "Timeout",
)
Strategy = Literal[
    "simple-shuffle",
    "least-busy",
    "latency-based-routing",
    "cost-based-routing",
    "usage-based-routing-v2",
]
_PERIOD = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def period_seconds(period: str) -> float:
    """Return the seconds in a budget period such as ``"30s"``, ``"10m"``, ``"12h"`` or ``"1d"``.

    Examples
    --------
    >>> period_seconds("12h")
    43200.0
    """
    match = _PERIOD.fullmatch(period)
    if match is None or int(match[1]) == 0:
        raise ValueError(f"period {period!r} must be a whole number above 0 and s, m, h or d: 1d")
    return float(int(match[1]) * _SECONDS[match[2]])


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False
    )


class RouterSpec(_Part):
    """Which router chooses a route for a prompt, and where it comes from.

    Either `labels` (a file to train on: every use trains the same router), or `file` (a fitted
    router inside a bundle), or `fitted` (an estimator given from Python) is needed before prompts
    can be routed.
    """

    kind: str
    encoder: str = "tfidf"
    params: dict[str, Any] = {}
    labels: str | None = Field(None, description="label file, or bundled:prompts.csv")
    label: str | None = Field(None, description="which column of the label file")
    file: str | None = Field(None, description="fitted router inside a bundle")
    fitted: Any = Field(None, exclude=True, repr=False)

    def resolve(self) -> Any:
        """Return the fitted estimator.

        The one given, or loaded from `file`, or trained on `labels`.
        """
        if self.fitted is not None:
            return self.fitted
        if self.file is not None:
            from routelab.routers import load_router

            return load_router(self.file)
        if self.labels is None:
            raise InputError(
                "the plan names a router but neither a label file, a fitted file nor an estimator: "
                "set router.labels, or load the plan from a bundle"
            )
        from routelab.datasets import resolve_bundled
        from routelab.labels import read_labels
        from routelab.routers import make_router

        frame = read_labels(resolve_bundled(self.labels), label=self.label)
        router = make_router(self.kind, encoder=self.encoder, **self.params)
        return router.fit(frame["prompt"].tolist(), frame["label"].tolist())


class Deployment(_Part):
    """One place that serves a model: what a LiteLLM ``model_list`` entry describes."""

    id: str
    model: str = Field(description="name in the catalog")
    weight: float | None = Field(None, ge=0)
    order: int | None = Field(None, ge=1)
    rpm: int | None = Field(None, ge=1)
    tpm: int | None = Field(None, ge=1)
    max_parallel_requests: int | None = Field(None, ge=1)
    timeout_s: float | None = Field(None, gt=0)
    num_retries: int | None = Field(None, ge=0)
    cooldown_s: float | None = Field(None, ge=0)
    allowed_fails: int | None = Field(None, ge=0)
    api_base: str | None = None
    api_key_env: str | None = Field(
        None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="environment variable, never the key"
    )


def _known_error_types(policy: dict[str, int]) -> dict[str, int]:
    for name, count in policy.items():
        if name not in ERROR_TYPES:
            raise ValueError(
                f"there is no error type {name!r}{did_you_mean(name, ERROR_TYPES)}; "
                f"a policy names {', '.join(ERROR_TYPES)}"
            )
        if count < 0:
            raise ValueError(f"{name} must be at least 0, got {count}")
    return policy


Policy = Annotated[dict[str, int], AfterValidator(_known_error_types)]


class Retries(_Part):
    """Retries inside one model group."""

    num_retries: int = Field(2, ge=0)
    retry_after_s: float = Field(0, ge=0, description="least wait before a retry")
    policy: Policy | None = Field(None, description="retries per error type")


class Cooldown(_Part):
    """When a failing deployment is left alone, and for how long."""

    seconds: float = Field(5, ge=0, description="0 means 5, as in the gateway; see disabled")
    allowed_fails: int | None = Field(None, ge=0)
    allowed_fails_policy: Policy | None = None
    disabled: bool = False


class Budget(_Part):
    """A spending limit in USD.

    ``provider`` and ``deployment`` budgets are the gateway's: their window has a fixed length, and
    the next one starts at the first success after it ends, so it drifts. ``plan``, ``tier`` and
    ``user`` budgets are calendar budgets: they start afresh at midnight in `timezone`. Before a
    request, its cost is estimated with the catalog's one formula and `expected_output_tokens`; what
    is booked afterwards is the same formula on the real tokens. A request that would cross the
    limit goes to the first group of `downgrade_to` that still fits, else it is refused or served by
    the last of them (`when_exhausted`).
    """

    scope: Literal["provider", "deployment", "plan", "tier", "user"]
    name: str | None = Field(
        None, description="provider, deployment id or tier; not for plan, user"
    )
    limit_usd: float = Field(gt=0)
    period: str = "1d"
    timezone: str = "UTC"
    downgrade_to: tuple[str, ...] = ()
    when_exhausted: Literal["refuse", "serve-last"] = "refuse"

    @field_validator("period")
    @classmethod
    def _period(cls, value: str) -> str:
        period_seconds(value)
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            from zoneinfo import available_timezones

            raise ValueError(
                f"time zone {value!r} does not exist{did_you_mean(value, available_timezones())}"
            ) from None
        return value

    @model_validator(mode="after")
    def _scope(self) -> Self:
        named = self.scope in ("provider", "deployment", "tier")
        if named and not self.name:
            raise ValueError(f"a budget of scope {self.scope!r} needs a name")
        if not named and self.name:
            raise ValueError(f"a budget of scope {self.scope!r} takes no name, got {self.name!r}")
        if self.is_calendar and self.period != "1d":
            raise ValueError(f"a {self.scope} budget is per calendar day: period 1d only")
        if not self.is_calendar and (self.downgrade_to or self.when_exhausted != "refuse"):
            raise ValueError(
                f"a {self.scope} budget is the gateway's: it filters deployments and cannot "
                f"downgrade; "
                "use fallbacks, or scope plan, tier or user"
            )
        if self.when_exhausted == "serve-last" and not self.downgrade_to:
            raise ValueError("when_exhausted: serve-last needs downgrade_to")
        return self

    @property
    def is_calendar(self) -> bool:
        """True for routelab's own budgets, False for those of the gateway."""
        return self.scope in ("plan", "tier", "user")


class Rule(_Part):
    """A fixed decision on what is known before any router runs.

    The first rule that matches wins.
    """

    model: str
    tiers: tuple[str, ...] | None = None
    has_prompt: bool | None = None
    min_input_tokens: int | None = Field(None, ge=0)
    max_input_tokens: int | None = Field(None, ge=0)


class Arm(_Part):
    """One arm of an A/B split; without a `model` it keeps the router's choice."""

    share: float = Field(gt=0, le=1)
    model: str | None = None


class Split(_Part):
    """An A/B test: units (users, sessions or requests) are assigned to arms by a stable hash."""

    name: str
    arms: dict[str, Arm]
    by: Literal["user", "session_id", "request_id"] = "user"
    models: tuple[str, ...] | None = Field(None, description="only requests routed to these groups")

    @model_validator(mode="after")
    def _shares(self) -> Self:
        total = math.fsum(arm.share for arm in self.arms.values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the shares of split {self.name!r} add up to {total:g}, not to 1")
        return self


class DecisionCache(_Part):
    """Keep the router's answer for a prompt that was seen before."""

    max_entries: int = Field(10_000, ge=1)
    ttl_s: float = Field(3600, gt=0)


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


CatalogField = Annotated[
    Catalog,
    BeforeValidator(_as_catalog),
    PlainSerializer(lambda catalog: catalog.to_mapping()),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]


class Plan(_Part):
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
    models: Annotated[dict[str, tuple[Deployment, ...]], BeforeValidator(_as_groups)]
    default: str
    catalog: CatalogField = Field("bundled", validate_default=True)
    router: Annotated[RouterSpec | None, BeforeValidator(_as_spec)] = None
    routes: dict[str, str] = {}
    rules: tuple[Rule, ...] = ()
    split: Split | None = None
    decision_cache: DecisionCache | None = None
    strategy: Strategy = "simple-shuffle"
    enable_pre_call_checks: bool = False
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
        found += [(f"default_fallbacks.{i}", g) for i, g in enumerate(self.default_fallbacks)]
        found += [(f"model_group_alias.{a}", g) for a, g in self.model_group_alias.items()]
        for number, budget in enumerate(self.budgets):
            for i, group in enumerate(budget.downgrade_to):
                found.append((f"budgets.{number}.downgrade_to.{i}", group))
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
