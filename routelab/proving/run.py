"""The steps of a proof on a proxy that serves: models, probes, latency, failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from routelab.plan import Plan
from routelab.proving.client import Client
from routelab.proving.compare import model_differences, probe_difference
from routelab.proving.failures import failing_requests, send_failing, why_not_sent
from routelab.proving.kernel import failure_differences
from routelab.proving.latency import measure
from routelab.proving.probes import Probe
from routelab.proving.result import Difference, Latency
from routelab.proving.stand_in import Export
from routelab.proving.upstream import Upstream

#: Called with what is done, how much of it, and of how much.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Failed:
    """What the requests with failures showed.

    Attributes
    ----------
    requests, attempts : int
        That were compared.
    differences : tuple of Difference
    """

    requests: int = 0
    attempts: int = 0
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """An export, the proxy that serves its copy, and the stand-in behind that.

    Attributes
    ----------
    export : Export
    plan : Plan
        The gateway's part of the plan, with what the copy changed.
    client : Client
    upstream : Upstream
    tell : callable
        Gets the progress.
    """

    export: Export
    plan: Plan
    client: Client
    upstream: Upstream
    tell: Progress

    def models(self, asked: str) -> tuple[int, list[Difference]]:
        """Warm all names up; return how many entries are loaded, and how the models differ."""
        self.client.warm_up(list(dict.fromkeys([asked, *self.plan.models])))
        listed, info = self.client.get("/v1/models"), self.client.get("/model/info")
        return model_differences(self.export, listed, info)

    def probes(
        self, asked: str, probes: Sequence[Probe], expected: Sequence[str]
    ) -> list[Difference]:
        """Send the probes and return those that another group served than expected."""
        replies = []
        for done, probe in enumerate(probes, start=1):
            replies.append(self.client.ask(asked, probe.body(), probe.headers()))
            self.tell("probes", done, len(probes))
        attempts = self.upstream.attempts()
        found = [
            probe_difference(self.export, probe, group, reply, attempts.get(reply.number, ()))
            for probe, group, reply in zip(probes, expected, replies, strict=True)
        ]
        return [difference for difference in found if difference is not None]

    def latency(self, asked: str, probes: Sequence[Probe], groups: Sequence[str]) -> Latency | None:
        """Return what content routing adds; None without probes, or where requests fail."""
        if not probes:
            return None
        total = 2 * len(probes)
        return measure(
            self.client, asked, probes, groups, lambda done: self.tell("latency", done, total)
        )

    def failures(self, notes: list[str]) -> Failed:
        """Send requests with failures and compare their attempts; add a note where it cannot."""
        reason = why_not_sent(self.plan)
        if reason is not None:
            notes.append(f"failures were not sent: {reason}")
            return Failed()
        trace = failing_requests(self.plan)
        sent = send_failing(
            self.export,
            trace,
            self.client,
            self.upstream,
            lambda done: self.tell("failures", done, len(trace)),
        )
        attempts, differences = failure_differences(
            self.export, self.plan, self.client.replies, self.upstream.attempts(), sent
        )
        return Failed(len(sent), attempts, tuple(differences))
