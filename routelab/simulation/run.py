"""Drive the kernel over a trace: in chunks, with progress, growing what runs full."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from routelab.simulation import kernel
from routelab.simulation.arrays import (
    C_ATTEMPTS,
    C_COOLDOWNS,
    Feed,
    Output,
    PlanArrays,
    Provider,
    State,
    Trace,
    more_attempts,
    more_cooldowns,
    more_slots,
    new_output,
    new_state,
)

CHUNK = 50_000
NO_FEED = Feed(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def run(
    plan: PlanArrays,
    provider: Provider,
    trace: Trace,
    *,
    feed: Feed = NO_FEED,
    progress: Callable[[int, int], None] | None = None,
    chunk: int = CHUNK,
) -> tuple[Output, State]:
    """Replay a trace.

    Parameters
    ----------
    progress : callable, optional
        Called with (requests done, requests in all) after each chunk.
    """
    requests = len(trace.request)
    state, output = new_state(plan, provider, slots=256), new_output(requests)
    stop = min(chunk, requests)
    while True:
        todo = kernel.advance(plan, provider, trace, feed, state, output, stop)
        if todo == kernel.NEED_SLOTS:
            state = more_slots(state)
        elif todo == kernel.NEED_ATTEMPTS:
            output = more_attempts(output)
        elif todo == kernel.NEED_COOLDOWNS:
            output = more_cooldowns(output)
        else:
            if progress is not None:
                progress(stop, requests)
            if stop >= requests:
                return _trimmed(output, state), state
            stop = min(stop + chunk, requests)


def _trimmed(output: Output, state: State) -> Output:
    attempts, cooldowns = state.counter[C_ATTEMPTS], state.counter[C_COOLDOWNS]
    return output._replace(attempt=output.attempt[:attempts], cooldown=output.cooldown[:cooldowns])
