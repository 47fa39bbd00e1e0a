"""How providers answer in a replay.

Rules from recordings, outage schedules and the log's own failures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routelab.simulation.arrays import Provider
from routelab.simulation.errors import kind_of_status


@dataclass(frozen=True, slots=True)
class Answer:
    """One rule of a provider's script; the first that applies to a call decides its outcome.

    Times are seconds from the start of the replay. A rule with `capacity` applies only to calls
    beyond that many in each window of `capacity_s` seconds.
    """

    status: int = 200
    kind: int | None = None
    from_t: float = -np.inf
    to_t: float = np.inf
    latency: float = np.nan
    retry_after: int = -1
    probability: float = 1.0
    capacity: int = -1
    capacity_s: float = 1.0
    nth: tuple[int, ...] = ()
    requests: tuple[int, ...] = ()
    input_tokens: int = -1
    output_tokens: int = -1


def build_provider(
    rules: Sequence[Sequence[Answer]],
    *,
    latency_base: np.ndarray,
    latency_per_output: np.ndarray,
    hard_window: np.ndarray,
    latency_of_error: float,
    latency_per_input: np.ndarray | float = 0.0,
    sigma: np.ndarray | float = 0.0,
    output_factor: np.ndarray | float = 1.0,
    failure_probability: np.ndarray | float = 0.0,
) -> Provider:
    """Lay the rules of each deployment out for the kernel.

    Parameters
    ----------
    rules : one list of `Answer` per deployment
    latency_base, latency_per_output : (n_deployments,) float64
        Seconds to the first token, and seconds per output token.
    hard_window : (n_deployments,) int64
        Longest prompt that the provider accepts, in tokens; 0 = any.
    latency_of_error : float
        Seconds until an error answer, where a rule does not say.
    latency_per_input : (n_deployments,) float64 or float
        Seconds to the first token per input token.
    sigma : (n_deployments,) float64 or float
        Of the lognormal factor on a latency that the log did not see.
    output_factor : (n_deployments,) float64 or float
        Output tokens relative to the reference model, where another model answered in the log.
    failure_probability : (n_deployments,) float64 or float
        Of a call that no rule concerns.
    """
    lists: list[int] = []
    rows = []
    for rule in (rule for own in rules for rule in own):
        kind = kind_of_status(rule.status) if rule.kind is None else rule.kind
        bounds = []
        for values in (rule.nth, rule.requests):
            bounds += [len(lists), len(lists) + len(values)]
            lists += sorted(values)
        rows.append(
            [
                *(rule.from_t, rule.to_t, rule.status, kind, rule.latency, rule.retry_after),
                *(rule.probability, rule.capacity, rule.capacity_s, *bounds),
                *(rule.input_tokens, rule.output_tokens),
            ]
        )
    ends = np.cumsum([len(own) for own in rules])
    columns = [
        *(ends - [len(own) for own in rules], ends),
        *(latency_base, latency_per_input, latency_per_output, sigma),
        *(output_factor, failure_probability, hard_window, latency_of_error),
    ]
    deployment = np.column_stack([np.broadcast_to(column, len(rules)) for column in columns])
    return Provider(
        rule=np.array(rows, np.float64).reshape(len(rows), 15),
        lists=np.array(lists, np.int64),
        deployment=np.ascontiguousarray(deployment, np.float64),
    )
