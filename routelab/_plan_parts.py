"""The parts of a plan: deployments, retries, cooldown, budgets, rules, splits, cache, router."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from routelab._checks import InputError, did_you_mean

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


class Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False
    )


class RouterSpec(Part):
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
    usd_per_decision: float = Field(
        0, ge=0, description="what it costs to ask the router once, an encoder's call for instance"
    )
    fitted: SkipJsonSchema[Any] = Field(None, exclude=True, repr=False)

    def resolve(self) -> Any:
        """Return the fitted estimator.

        The one given, or loaded from `file`, or trained on `labels`.

        Raises
        ------
        InputError
            None of these is there, or the router is a cascade: a plan makes one choice per
            request, and neither the replay nor a gateway's config carries more.
        """
        router = self._find()
        if hasattr(router, "play"):
            raise InputError(
                f"{type(router).__name__} asks several models per request, a plan routes to one: "
                "use the cascade's own play() and expected()"
            )
        return router

    def _find(self) -> Any:
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


def _without_id(schema: dict[str, Any]) -> None:
    """Let the id be absent: a plan fills it in before the deployment is made."""
    schema["required"].remove("id")


class Deployment(Part):
    """One place that serves a model: what a LiteLLM ``model_list`` entry describes."""

    model_config = ConfigDict(json_schema_extra=_without_id)

    id: str = Field(description="in a plan, group/model by default")
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
    silent_model: tuple[str, ...] = Field(
        (), description="model groups that get a copy of every request sent here"
    )
    explicit_prices: bool = Field(
        True, description="false: cost-based routing looks the literal name up and finds no price"
    )
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


class Retries(Part):
    """Retries inside one model group."""

    num_retries: int = Field(2, ge=0)
    retry_after_s: float = Field(0, ge=0, description="least wait before a retry")
    policy: Policy | None = Field(None, description="retries per error type")


class Cooldown(Part):
    """When a failing deployment is left alone, and for how long."""

    seconds: float = Field(5, ge=0, description="0 means 5, as in the gateway; see disabled")
    allowed_fails: int | None = Field(None, ge=0)
    allowed_fails_policy: Policy | None = None
    disabled: bool = False
    half_open_trials: int = Field(
        0, ge=0, description="calls at once after a cooldown until one succeeds; 0: no such state"
    )


class Hedge(Part):
    """A second call when the first has not answered in time; the first answer wins.

    Both calls are paid for in full.
    """

    after_s: float = Field(gt=0)
    to: str | None = Field(None, description="model group of the second call; the same by default")


class Budget(Part):
    """A spending limit in USD.

    ``provider`` and ``deployment`` budgets are the gateway's: their window has a fixed length, and
    the next one starts at the first success after it ends, so it drifts. ``key`` and ``team``
    budgets are the gateway's too, kept in its database: windows follow the calendar and start
    afresh up to ten minutes late, the worst case of a request is reserved while it is under way,
    and a request that finds nothing left is refused.

    ``plan``, ``tier`` and ``user`` budgets are routelab's own: they start afresh at midnight in
    `timezone`. Before a request, its cost is estimated with the catalog's one formula and
    `expected_output_tokens`; what is booked afterwards is the same formula on the real tokens. A
    request that would cross the limit goes to the first group of `downgrade_to` that is cheaper and
    still fits, else it is refused or served by the last of them (`when_exhausted`). `soft_at` and
    `pacing` downgrade earlier, and never refuse.
    """

    scope: Literal["provider", "deployment", "key", "team", "plan", "tier", "user"]
    name: str | None = Field(
        None,
        description="provider, deployment id, tier, key or team (no name: every key, every team); "
        "not for plan, user",
    )
    limit_usd: float = Field(gt=0)
    period: str = "1d"
    timezone: str = "UTC"
    downgrade_to: tuple[str, ...] = ()
    when_exhausted: Literal["refuse", "serve-last"] = "refuse"
    soft_at: float | None = Field(
        None, gt=0, lt=1, description="share of the limit above which requests are downgraded"
    )
    reserve: bool = Field(
        False, description="count the estimates of requests under way as spent already"
    )
    pacing: Literal["rhythm", "primal-dual"] | None = Field(
        None,
        description="rhythm: spend no faster than the log's own day; primal-dual: a price on cost "
        "that follows the mean cost per request (arXiv:2604.00136)",
    )
    values: dict[str, float] = Field(
        {}, description="value of each model group, which primal-dual pacing weighs against cost"
    )

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
        if self.scope in ("plan", "user") and self.name:
            raise ValueError(f"a budget of scope {self.scope!r} takes no name, got {self.name!r}")
        if self.is_own and self.period != "1d":
            raise ValueError(f"a {self.scope} budget is per calendar day: period 1d only")
        shaped = self.downgrade_to or self.when_exhausted != "refuse" or self.soft_at
        if not self.is_own and (shaped or self.pacing or self.reserve or self.values):
            raise ValueError(
                f"a {self.scope} budget is the gateway's: it cannot downgrade, pace or reserve by "
                "estimate; use fallbacks, or scope plan, tier or user"
            )
        if self.when_exhausted == "serve-last" and not self.downgrade_to:
            raise ValueError("when_exhausted: serve-last needs downgrade_to")
        if (self.soft_at or self.pacing) and not self.downgrade_to:
            raise ValueError("soft_at and pacing need downgrade_to: the groups to go down to")
        if bool(self.values) != (self.pacing == "primal-dual"):
            raise ValueError("primal-dual pacing needs values: {group: value}, nothing else does")
        return self

    @property
    def is_own(self) -> bool:
        """True for routelab's own budgets (plan, tier, user), False for those of the gateway."""
        return self.scope in ("plan", "tier", "user")

    @property
    def is_calendar(self) -> bool:
        """True when windows follow the calendar, False when they drift (provider, deployment)."""
        return self.scope not in ("provider", "deployment")


class Rule(Part):
    """A fixed decision on what is known before any router runs.

    The first rule that matches wins.
    """

    model: str
    tiers: tuple[str, ...] | None = None
    has_prompt: bool | None = None
    min_input_tokens: int | None = Field(None, ge=0)
    max_input_tokens: int | None = Field(None, ge=0)


class Arm(Part):
    """One arm of an A/B split; without a `model` it keeps the router's choice."""

    share: float = Field(gt=0, le=1)
    model: str | None = None


def _as_utc(value: Any) -> Any:
    """Read a date, or a time without a zone, as UTC: YAML has both."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value  # pydantic says what is wrong with it
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    raise ValueError(f"a step starts at a date or time such as 2026-03-01T08:00Z, got {value!r}")


_TIME = {"type": "string", "description": "a date, or a date and time; UTC without a zone"}


class RampStep(Part):
    """From a time on (UTC), the share of units that a split exposes to its experiment.

    In YAML the time is called ``from``, in Python `start`.
    """

    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[AwareDatetime, BeforeValidator(_as_utc), WithJsonSchema(_TIME)] = Field(
        alias="from"
    )
    share: float = Field(ge=0, le=1)

    @model_serializer
    def _in_yaml(self) -> dict[str, Any]:
        return {"from": self.start.isoformat().replace("+00:00", "Z"), "share": self.share}


class Split(Part):
    """An A/B test: units (users, sessions or requests) are assigned to arms by a stable hash.

    Units that the test does not reach (not exposed by the ramp yet, or outside `layer_range`) have
    no arm and keep the router's choice. The hashes are in :mod:`routelab.split`.
    """

    name: str = Field(min_length=1)
    arms: dict[str, Arm]
    by: Literal["user", "session_id", "request_id"] = "user"
    models: tuple[str, ...] | None = Field(None, description="only requests routed to these groups")
    ramp: tuple[RampStep, ...] = Field(
        (),
        description="steps of {from: time in UTC, share: 0 to 1}: nobody is exposed before the "
        "first, and who was exposed once stays so; empty: everybody, always",
    )
    layer: str | None = Field(
        None, min_length=1, description="splits of one layer share one placement of the units"
    )
    layer_range: tuple[float, float] = Field(
        (0.0, 1.0),
        description="[a, b): the part of the layer that this split takes; two splits of a layer "
        "with ranges that do not meet never share a unit",
    )

    @field_validator("name", "layer")
    @classmethod
    def _no_separator(cls, value: str | None) -> str | None:
        if value is not None and "\0" in value:
            raise ValueError("a name must not hold the character NUL, which separates the hash")
        return value

    @model_validator(mode="after")
    def _shares(self) -> Self:
        total = math.fsum(arm.share for arm in self.arms.values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the shares of split {self.name!r} add up to {total:g}, not to 1")
        return self

    @model_validator(mode="after")
    def _steps(self) -> Self:
        for before, after in pairwise(self.ramp):
            if after.start <= before.start:
                raise ValueError(
                    f"the ramp of split {self.name!r} must go forward in time: "
                    f"{after.start.isoformat()} stands after {before.start.isoformat()}"
                )
            if after.share < before.share:
                raise ValueError(
                    f"the ramp of split {self.name!r} falls from {before.share:g} to "
                    f"{after.share:g}: units that were exposed would change sides; "
                    "start a split of another name instead"
                )
        return self

    @model_validator(mode="after")
    def _range(self) -> Self:
        low, high = self.layer_range
        if not 0 <= low < high <= 1:
            raise ValueError(
                f"layer_range of split {self.name!r} must be [a, b] with 0 <= a < b <= 1, "
                f"got [{low:g}, {high:g}]"
            )
        if self.layer is None and (low, high) != (0, 1):
            raise ValueError(f"layer_range of split {self.name!r} needs the name of its layer")
        return self


class DecisionCache(Part):
    """Keep the router's answer for a prompt that was seen before."""

    max_entries: int = Field(10_000, ge=1)
    ttl_s: float = Field(3600, gt=0)
