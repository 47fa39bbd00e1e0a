"""Drive the kernel: chunk after chunk of requests, emptying its tables when they are full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from routelab.simulation import kernel
from routelab.simulation.arrays import (
    C_ATTEMPTS,
    C_COOLDOWNS,
    C_DONE,
    C_FIRST,
    C_NEXT,
    CLIENT,
    MARGIN,
    O_REQUEST,
    O_ROLE,
    Feed,
    Output,
    PlanArrays,
    Provider,
    State,
    Trace,
    more_slots,
    new_output,
    new_state,
)

CHUNK = 50_000
ROWS = 16_384
NO_FEED = Feed(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def stream(
    plan: PlanArrays,
    provider: Provider,
    chunks: Iterable[Trace],
    drain: Callable[[Output], None],
    *,
    feed: Feed = NO_FEED,
    attempts: bool = False,
    state: State | None = None,
) -> Iterator[State]:
    """Replay chunks of a trace in a fixed amount of memory; yield the state after each of them.

    The state is carried over, so that any cutting into chunks gives the same answer. Close the
    iterator to stop early: what has ended until then has been drained.

    Parameters
    ----------
    drain : callable
        Takes the filled rows of the output tables; they are overwritten after it returns.
    attempts : bool
        Keep the log of attempts.
    state : State, optional
        Where an earlier stream stopped.
    """
    state = new_state(plan, provider, slots=256) if state is None else state
    output = new_output(ROWS + 2 * MARGIN, attempts=attempts)
    following = iter(chunks)
    chunk = next(following, None)
    while chunk is not None:
        after = next(following, None)
        state.counter[C_FIRST] = state.counter[C_NEXT]
        while True:
            todo = kernel.advance(plan, provider, chunk, feed, state, output, after is None)
            if todo == kernel.NEED_SLOTS:
                state = more_slots(state)
                continue
            drain(_filled(output, state))
            state.counter[[C_DONE, C_ATTEMPTS, C_COOLDOWNS]] = 0
            if todo == kernel.DONE:
                break
        yield state
        chunk = after


def _filled(output: Output, state: State) -> Output:
    counter = state.counter
    return Output(
        output.done[: counter[C_DONE]],
        output.attempt[: counter[C_ATTEMPTS]],
        output.cooldown[: counter[C_COOLDOWNS]],
    )


def run(
    plan: PlanArrays,
    provider: Provider,
    trace: Trace,
    *,
    feed: Feed = NO_FEED,
    progress: Callable[[int, int], None] | None = None,
    chunk: int = CHUNK,
) -> tuple[Output, State]:
    """Replay a whole trace in memory.

    Parameters
    ----------
    progress : callable, optional
        Called with (requests done, requests in all) after each chunk.

    Returns
    -------
    (Output, State)
        The rows of clients are in the order of the requests, those of mirrors and of losers of a
        hedge follow.
    """
    requests = len(trace.request)
    kept: list[Output] = []

    def drain(filled: Output) -> None:
        kept.append(Output(*(table.copy() for table in filled)))

    starts = range(0, requests, chunk)
    chunks = (Trace(trace.request[start : start + chunk]) for start in starts)
    states = stream(plan, provider, chunks, drain, feed=feed, attempts=True)
    for start, state in zip(starts, states, strict=True):  # noqa: B007
        if progress is not None:
            progress(min(start + chunk, requests), requests)
    tables = [np.concatenate(parts) for parts in zip(*kept, strict=True)]
    done = tables[0]
    order = np.lexsort((done[:, O_REQUEST], done[:, O_ROLE] != CLIENT))
    return Output(done[order], *tables[1:]), state
