"""The tables that the kernel works on.

Few arrays, one row per thing, columns named by the constants here, so that a deployment or a
request is one or two cache lines. Units: seconds, USD, tokens. In float tables NaN means "not set";
in integer tables -1 does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routelab._checks import InputError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# PlanArrays.deployment
(
    D_GROUP,
    D_MODEL,
    D_WEIGHT,
    D_RPM,
    D_TPM,
    D_ORDER,
    D_MAX_PARALLEL,
    D_TIMEOUT,
    D_RETRIES,
    D_COOLDOWN,
    D_ALLOWED_FAILS,
    D_WINDOW,
    D_PRICE_IN,
    D_PRICE_CACHED,
    D_PRICE_OUT,
    D_PROVIDER_BUDGET,
    D_OWN_BUDGET,
    D_ROUTE_PRICE,
    D_MIRRORS,
    D_MIRRORS_END,
    D_MAX_OUTPUT,
) = range(21)
# PlanArrays.group
G_FIRST, G_END, G_ORDERS, G_ORDERS_END = range(4)
# PlanArrays.budget
B_LIMIT, B_PERIOD, B_OF_PROVIDER = range(3)
# PlanArrays.calendar
(
    K_LIMIT,
    K_EDGES,
    K_EDGES_END,
    K_ACCOUNTS,
    K_ACCOUNTS_END,
    K_DOWN,
    K_DOWN_END,
    K_SERVE_LAST,
    K_RESERVE,
    K_SOFT,
    K_PACE,
    K_VALUES,
    K_PER_REQUEST,
) = range(13)
# K_RESERVE
RESERVE_NOTHING, RESERVE_ESTIMATE, RESERVE_WORST = 0, 1, 2
# K_PACE
PACE_NONE, PACE_RHYTHM, PACE_PRIMAL_DUAL = 0, 1, 2
# PlanArrays.setting
(
    P_STRATEGY,
    P_RETRIES,
    P_RETRY_AFTER,
    P_TIMEOUT,
    P_COOLDOWN,
    P_ALLOWED_FAILS,
    P_HAS_ALLOWED_POLICY,
    P_NO_COOLDOWNS,
    P_PRE_CALL_CHECKS,
    P_MAX_FALLBACKS,
    P_EXPECTED_OUTPUT,
    P_PROXY,
    P_SEED,
    P_HAS_GENERIC,
    P_HAS_CONTEXT,
    P_HAS_POLICY,
    P_START,
    P_MINUTE_LIMITS,
    P_FAILOVER,
    P_TRIALS,
    P_HEDGE_AFTER,
    P_HEDGE_GROUP,
    P_PROMPT_CACHE_TTL,
    P_INDEPENDENT,
) = range(24)
N_SETTINGS = 24


class PlanArrays(NamedTuple):
    """A compiled plan: G groups, D deployments (contiguous by group).

    B gateway and C calendar budgets.
    """

    deployment: Floats  # (D, 21) D_*; mirrors are a slice of `lists`
    group: Ints  # (G, 4) G_*; orders are a slice of `lists`
    chain: Ints  # (3, G + 1, 2) start in `lists` and length of the generic, context-window and
    # content-policy chains of each group; the last column is "*"; length -1 = no chain
    lists: Ints
    kind: Ints  # (2, kinds) retries and allowed fails by error class
    budget: Floats  # (B, 3) B_*
    calendar: Floats  # (C, 13) K_*; edges and values are places in `numbers`
    numbers: Floats  # when days end, the day's rhythm, values of groups
    setting: Floats  # (N_SETTINGS,) P_*; the start is in seconds past a full minute


# Provider.rule
(
    R_FROM,
    R_TO,
    R_STATUS,
    R_KIND,
    R_LATENCY,
    R_RETRY_AFTER,
    R_PROBABILITY,
    R_CAPACITY,
    R_CAPACITY_S,
    R_NTH,
    R_NTH_END,
    R_REQUESTS,
    R_REQUESTS_END,
    R_IN,
    R_OUT,
) = range(15)
# Provider.deployment
(
    V_RULES,
    V_RULES_END,
    V_BASE,
    V_PER_INPUT,
    V_PER_OUTPUT,
    V_SIGMA,
    V_OUT_FACTOR,
    V_FAIL_P,
    V_WINDOW,
    V_ERROR_S,
) = range(10)
N_PROVIDER = 10


class Provider(NamedTuple):
    """How providers answer: rules per deployment, tried in order.

    Without a match a call fails with its deployment's own probability, else it succeeds.
    """

    rule: Floats  # (R, 15) R_*
    lists: Ints  # sorted call numbers and request numbers of the rules
    deployment: Floats  # (D, 10) V_*: rules; seconds to the first token, per input and per output
    # token, and the sigma of their lognormal error; output tokens as a factor of the reference's;
    # probability of failure; hard context window; seconds until an error


# Trace.request; after these come the accounts in each calendar budget, -1 = not concerned
(
    Q_T,
    Q_GROUP,
    Q_IN,
    Q_CACHED,
    Q_OUT,
    Q_RETRIES,
    Q_TIMEOUT,
    Q_MODEL,
    Q_LATENCY,
    Q_STATUS,
    Q_KIND,
    Q_SESSION,
    Q_OUT_FACTOR,
) = range(13)
N_REQUEST = 13


class Trace(NamedTuple):
    """Requests in time order, the next ones of a trace that may be longer.

    Columns: seconds from the start, group asked for, tokens in / of these cached / out, retries and
    timeout given by the client, what the log saw (model, latency, failure status and error class),
    a number of the session, and the output factor of the logged model.
    """

    request: Floats  # (n, 13 + C) Q_*, accounts


class Feed(NamedTuple):
    """What the real gateway drew at random, for verification.

    Empty arrays when the kernel draws itself.
    """

    pick_start: Ints  # (2 N + 1,) of each request, and of its mirrors
    picks: Ints  # deployments in the order of the attempts
    sleeps: Floats  # retry sleeps in order of time


# State.deployment
(
    X_COOL_SET,
    X_COOL_S,
    X_COOL_EXPIRY,
    X_FAILS,
    X_FAILS_EXPIRY,
    X_GOOD,
    X_GOOD_EXPIRY,
    X_ALLOWED,
    X_ALLOWED_EXPIRY,
    X_IN_FLIGHT,
    X_CALLS,
    X_WEIGHT,  # scratch of the selection
    X_MINUTE_END,  # end of the clock minute of the next two
    X_MINUTE_CALLS,
    X_MINUTE_TOKENS,
    X_MAP_EXPIRY,  # of the group's latency map; kept at the first deployment of a group
    X_RATE_END,  # end of the clock minute of the next two, which enforce limits under any strategy
    X_RATE_CALLS,
    X_RATE_TOKENS,
    X_TRIPPED,  # cooled and not proved well since (half-open breaker)
    X_TRIALS,
    X_SAMPLES,
    X_SAMPLE,  # the first of the latency samples
) = range(23)
MAX_SAMPLES = 10
# State.budget
Y_SPEND, Y_SPEND_EXPIRY, Y_START, Y_START_EXPIRY = range(4)
# State.account
U_SPEND, U_DAY, U_RESERVED, U_PRICE, U_MEAN = range(5)
# State.counter
(
    C_NEXT,  # number of the next request; numbers go on from chunk to chunk
    C_FIRST,  # number of the first request of the chunk
    C_HEAP,
    C_FREE,
    C_SEQ,
    C_DONE,  # rows written to the outputs
    C_ATTEMPTS,
    C_COOLDOWNS,
    C_SLEEPS,
    C_BAD_PICKS,
    C_BAD_SLEEPS,
    C_FOLLOWED,  # the slot that is followed to its end, -1 without one
) = range(12)
# State.slot
(
    S_REQUEST,
    S_ROLE,
    S_TWIN,
    S_DEPTH,
    S_EVENT,
    S_DEPLOYMENT,
    S_KIND,
    S_STATUS,
    S_LOGGED,
    S_PICKS,
    S_IN,
    S_OUT,
    S_RETRY_AFTER,
    S_TRIAL,
) = range(14)
# S_ROLE, O_ROLE
CLIENT, MIRROR, HEDGE, LOSER, WAITER = (np.int64(role) for role in range(5))
# State.time
T_STARTED, T_WHEN = range(2)
# State.frame
(
    F_GROUP,
    F_ORDER,
    F_HOPS,
    F_RETRIES,
    F_TRY,
    F_BY_POLICY,
    F_RESOLVED,
    F_NEXT_ORDER,
    F_CHAIN,
    F_CHAIN_LEFT,
    F_KIND,
    F_STATUS,
    F_DEPLOYMENT,
    F_RETRY_AFTER,
    F_LAST_KIND,
    F_LAST_STATUS,
    F_LAST_DEPLOYMENT,
    F_LAST_RETRY_AFTER,
    F_OVER_LIMIT,  # the exact limits of the minute are never retried
    F_EXCLUDED,  # bits of the group's deployments that a weighted failover leaves out
) = range(20)
N_FRAME = 20
# State.session
N_SESSIONS = 1 << 16


class State(NamedTuple):
    """Everything that is carried from one chunk of requests to the next.

    S slots for requests in flight.
    """

    deployment: Floats  # (D, 32) X_*, the last ones are latency samples
    rule: Ints  # (R, 2) capacity window and calls in it
    budget: Floats  # (B, 4) Y_*
    account: Floats  # (A, 5) U_*
    session: Floats  # (sessions or 0, 3) number of a session, its last model, and when
    counter: Ints  # C_*
    heap_time: Floats  # (S,)
    heap: Ints  # (S,) sequence number and slot in one
    free: Ints  # (S,)
    slot: Ints  # (S, 14) S_*
    time: Floats  # (S, 2) when the call under way began, and when its event is due
    request: Floats  # (S, 13 + 2 C) Q_*, accounts, and what each of them has reserved
    result: Floats  # (S, 17) O_* so far
    frame: Ints  # (depths, S, 20) F_*; first frames lie together
    attempted: NDArray[np.bool_]  # (S, G * (orders + 1)) fallback targets that were tried


# Output.done
(
    O_REQUEST,
    O_ROLE,
    O_T,
    O_SERVED,
    O_STATUS,
    O_KIND,
    O_FINISHED,
    O_COST,
    O_IN,
    O_CACHED,
    O_OUT,
    O_ATTEMPTS,
    O_RETRIES,
    O_FALLBACKS,
    O_ASKED,
    O_GROUP,
    O_LOST,  # USD that cached tokens would have saved, had the session stayed on its model
) = range(17)
N_DONE = 17
# Output.attempt
A_REQUEST, A_T, A_DEPLOYMENT, A_STATUS, A_SHARE = range(5)
# Output.cooldown
L_T, L_DEPLOYMENT, L_STATUS, L_SECONDS = range(4)


class Output(NamedTuple):
    """What the kernel writes until it asks for the tables to be emptied.

    One row per request that has ended, in the order of the ends, and one more for each mirror and
    each loser of a hedge that cost something. The status -408 in the log of attempts marks a
    timeout on the client's side; without room for a single row that log is not kept.
    """

    done: Floats  # (rows, 17) O_*
    attempt: Floats  # (rows, 5) A_*
    cooldown: Floats  # (rows, 4) L_*


EVENT_ATTEMPT, EVENT_WAKE, EVENT_START = 0, 1, 2
MARGIN = 32  # rows that one step may write
MAX_SLOTS = 1 << 23  # what a key of the heap can hold, halved
SPARE_SLOTS = 8  # slots that one step may take


def new_state(plan: PlanArrays, provider: Provider, slots: int) -> State:
    """Return the state of a gateway that was just started."""
    groups, accounts = len(plan.group), int(plan.calendar[:, K_ACCOUNTS_END].max(initial=0))
    orders = int((plan.group[:, G_ORDERS_END] - plan.group[:, G_ORDERS]).max(initial=0))
    deployment = np.zeros((len(plan.deployment), X_SAMPLE + MAX_SAMPLES))
    deployment[
        :, [X_COOL_SET, X_COOL_EXPIRY, X_FAILS_EXPIRY, X_GOOD_EXPIRY, X_ALLOWED_EXPIRY]
    ] = -np.inf
    deployment[:, [X_MINUTE_END, X_RATE_END, X_MAP_EXPIRY]] = -1.0
    of_provider = plan.budget[:, B_OF_PROVIDER] == 1
    budget = np.zeros((len(plan.budget), 4))
    budget[:, Y_SPEND_EXPIRY] = np.where(of_provider, plan.budget[:, B_PERIOD], -np.inf)
    budget[:, Y_START] = np.where(of_provider, 0.0, np.nan)
    budget[:, Y_START_EXPIRY] = budget[:, Y_SPEND_EXPIRY]
    counter = np.zeros(12, np.int64)
    counter[C_FREE], counter[C_FOLLOWED] = slots, -1
    follows_sessions = plan.setting[P_PROMPT_CACHE_TTL] > 0
    budgets = len(plan.calendar)
    return State(
        deployment=deployment,
        rule=np.full((len(provider.rule), 2), -1, np.int64),
        budget=budget,
        account=np.zeros((accounts, 5)),
        session=np.full((N_SESSIONS if follows_sessions else 0, 3), -1.0),
        counter=counter,
        heap_time=np.zeros(slots),
        heap=np.zeros(slots, np.int64),
        free=np.arange(slots - 1, -1, -1, dtype=np.int64),
        slot=np.zeros((slots, 14), np.int64),
        time=np.zeros((slots, 2)),
        request=np.zeros((slots, N_REQUEST + 2 * budgets)),
        result=np.zeros((slots, N_DONE)),
        frame=np.zeros((int(plan.setting[P_MAX_FALLBACKS]) + 2, slots, 20), np.int64),
        attempted=np.zeros((slots, groups * (orders + 1)), np.bool_),
    )


def more_slots(state: State) -> State:
    """Return the same state with room for twice as many requests in flight."""
    old = state.free.size
    if 2 * old > MAX_SLOTS:
        raise InputError(
            f"more than {MAX_SLOTS:,} requests are in flight at once: are the timestamps in "
            "seconds, and is there a timeout?"
        )
    free = np.zeros(2 * old, np.int64)
    n_free = int(state.counter[C_FREE])
    free[:n_free] = state.free[:n_free]
    free[n_free : n_free + old] = np.arange(2 * old - 1, old - 1, -1)
    state.counter[C_FREE] = n_free + old
    names = ("heap_time", "heap", "slot", "time", "request", "result", "attempted")
    doubled = {name: _doubled(getattr(state, name)) for name in names}
    frame = np.concatenate([state.frame, np.zeros_like(state.frame)], axis=1)
    return state._replace(free=free, frame=frame, **doubled)


def _doubled(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values, np.zeros_like(values)])


def new_output(rows: int, *, attempts: bool = True) -> Output:
    """Return empty tables of `rows` rows each."""
    return Output(
        np.zeros((rows, N_DONE)), np.zeros((rows if attempts else 0, 5)), np.zeros((rows, 4))
    )
