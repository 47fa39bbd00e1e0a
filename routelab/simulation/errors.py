"""What can go wrong with a call: the gateway's error classes, numbered for the kernel."""

from __future__ import annotations

NAMES = (
    "",
    "BadRequestError",
    "AuthenticationError",
    "APIError",
    "NotFoundError",
    "Timeout",
    "RateLimitError",
    "InternalServerError",
    "BadGatewayError",
    "ServiceUnavailableError",
    "ContextWindowExceededError",
    "ContentPolicyViolationError",
    "RouterRateLimitError",
    "ValueError",
    "BudgetExceededError",
)
(
    NONE,
    BAD_REQUEST,
    AUTHENTICATION,
    API,
    NOT_FOUND,
    TIMEOUT,
    RATE_LIMIT,
    INTERNAL,
    BAD_GATEWAY,
    UNAVAILABLE,
    CONTEXT_WINDOW,
    CONTENT_POLICY,
    NO_DEPLOYMENT,
    GATEWAY_BUDGET,
    PLAN_BUDGET,
) = range(len(NAMES))
N_KINDS = len(NAMES)

_BY_STATUS = {
    400: BAD_REQUEST,
    401: AUTHENTICATION,
    402: API,
    403: API,
    404: NOT_FOUND,
    408: TIMEOUT,
    409: API,
    422: BAD_REQUEST,
    429: RATE_LIMIT,
    500: INTERNAL,
    502: BAD_GATEWAY,
    503: UNAVAILABLE,
    504: TIMEOUT,
}
# A policy entry for a class also covers its subclasses.
_PARENT = {CONTEXT_WINDOW: BAD_REQUEST, CONTENT_POLICY: BAD_REQUEST}


def kind_of_status(status: int) -> int:
    """Return the error class that the gateway makes of an upstream HTTP status.

    Examples
    --------
    >>> NAMES[kind_of_status(503)]
    'ServiceUnavailableError'
    """
    if status < 400:
        return NONE
    return _BY_STATUS.get(status, INTERNAL if status >= 500 else API)


def policy_by_kind(policy: dict[str, int] | None) -> list[int]:
    """Spread a policy keyed by error class over all kinds; -1 where it is silent."""
    given = policy or {}
    spread = []
    for kind, name in enumerate(NAMES):
        parent = NAMES[_PARENT[kind]] if kind in _PARENT else ""
        spread.append(given.get(name, given.get(parent, -1)))
    return spread
