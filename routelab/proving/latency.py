"""What content routing adds to a request: blocks of both kinds, interleaved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from routelab.proving.client import Client, Reply
from routelab.proving.probes import Probe
from routelab.proving.result import Latency

BLOCK = 5  # requests, so that one block's CPU time is far above the clock's grain


def measure(
    client: Client,
    model: str,
    probes: Sequence[Probe],
    groups: Sequence[str],
    progress: Callable[[int], None],
) -> Latency | None:
    """Send the probes to `model` and to the groups that it decides, in the order ABBA.

    Parameters
    ----------
    client : Client
    model : str
        Name of the content routing.
    probes : sequence of Probe
    groups : sequence of str
        The group of each probe.
    progress : callable
        Called with the number of requests done.

    Returns
    -------
    Latency or None
        None where a request failed.
    """
    replies: dict[bool, list[Reply]] = {True: [], False: []}
    cpu: dict[bool, list[float | None]] = {True: [], False: []}
    for place, start in enumerate(range(0, len(probes), BLOCK)):
        block = list(zip(probes, groups, strict=True))[start : start + BLOCK]
        for routed in (True, False) if place % 2 == 0 else (False, True):
            before = cpu_seconds(client.proxy.pid)
            for probe, group in block:
                asked = model if routed else group
                replies[routed].append(client.ask(asked, probe.body(), probe.headers()))
                progress(len(replies[True]) + len(replies[False]))
            after = cpu_seconds(client.proxy.pid)
            cpu[routed].append(None if before is None or after is None else after - before)
    if any(reply.status != 200 for kind in replies.values() for reply in kind):
        return None
    walls = {kind: 1000 * median(r.wall_s for r in replies[kind]) for kind in replies}
    each = {kind: _per_request(cpu[kind], len(probes)) for kind in cpu}
    return Latency(len(probes), walls[True], walls[False], each[True], each[False])


def _per_request(blocks: list[float | None], requests: int) -> float | None:
    known = [seconds for seconds in blocks if seconds is not None]
    return 1000 * sum(known) / requests if len(known) == len(blocks) else None


def cpu_seconds(pid: int) -> float | None:
    """Return the CPU time of all threads of a process so far; None where the system has no /proc.

    The first number of ``schedstat`` is in nanoseconds (Linux, Documentation/scheduler/sched-stats,
    "/proc/<pid>/schedstat"), which ``stat`` has in hundredths of a second alone.
    """
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        told = [(task / "schedstat").read_text(encoding="ascii") for task in tasks]
    except OSError:
        return None
    return sum(int(line.split()[0]) for line in told) / 1e9
