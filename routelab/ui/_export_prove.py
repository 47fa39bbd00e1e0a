"""Prove an export on the real proxy from a panel: progress, cancel, and what was found."""

from __future__ import annotations

import importlib.util
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as w

from routelab._checks import InputError
from routelab._html import esc
from routelab._words import counted
from routelab.plan import Plan
from routelab.ui._job import Job
from routelab.ui._parts import Status, guarded, number
from routelab.ui._waiting import Waiting

if TYPE_CHECKING:
    from routelab.proving import Proof

MOST_PROMPTS = 100
LATENCY_REQUESTS = 5
_NEEDED = ("litellm", "openai", "fastapi", "backoff")  # what litellm[proxy] brings
_FIRST = "reading LiteLLM, and what the plan decides"
_BOOT = "starting LiteLLM's proxy (about 20 s)"
_STEPS = {
    "probes": "prompts are sent", "latency": "latency is measured",
    "failures": "failures are injected",
}  # fmt: skip


class Cancelled(Exception):  # noqa: N818
    """Raised through a proof to stop it; nobody is told, for who pressed Cancel knows."""


def missing() -> str:
    """Return what a proof lacks on this machine, "" when nothing.

    Looked for without importing: litellm alone takes seconds.
    """
    absent = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if not absent:
        return ""
    return (
        f"a proof needs the package {absent[0]!r}, which is not installed: "
        'pip install "routelab[litellm]"'
    )


def prompts_of(plan: Plan, given: Sequence[str] | None, count: int) -> list[str]:
    """Return prompts to prove with, evenly spread over those given or those of the plan's labels.

    Examples
    --------
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> prompts_of(plan, ["a", "b", "c", "d", "e"], 3)
    ['a', 'c', 'e']
    >>> prompts_of(plan, None, 3)
    ['hello']
    """
    found = list(given or [])
    if not found and plan.router is not None and plan.router.labels is not None:
        from routelab.datasets import resolve_bundled
        from routelab.labels import read_labels

        frame = read_labels(resolve_bundled(plan.router.labels), label=plan.router.label)
        found = frame["prompt"].tolist()
    found = found or ["hello"]
    if len(found) <= count:
        return found
    if count == 1:
        return found[:1]
    return [found[round(i * (len(found) - 1) / (count - 1))] for i in range(count)]


def run_proof(
    files: Mapping[str, bytes],
    prompts: Sequence[str],
    *,
    failures: bool,
    tell: Callable[[str, int, int], None],
    cancelled: Callable[[], bool],
) -> Proof:
    """Write the files to a folder that is gone afterwards, and prove it.

    Raises
    ------
    Cancelled
        `cancelled` said so; the proxy has been stopped.
    """
    from routelab.proving import prove

    def progress(what: str, done: int, total: int) -> None:
        if cancelled():
            raise Cancelled
        tell(what, done, total)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "export"
        folder.mkdir()
        for file, content in files.items():
            (folder / file).write_bytes(content)
        proof = prove(
            folder, prompts, failures=failures, latency_requests=LATENCY_REQUESTS, progress=progress
        )
    return replace(proof, directory=folder.name)


class Prover(w.VBox):
    """Settings of a proof, its button, its progress, and its result.

    Parameters
    ----------
    wanted : callable
        Returns what is to be proved: the written files, the prompts, whether to inject failures.

    Attributes
    ----------
    proof : Proof or None
        The last one.
    job : Job
    """

    def __init__(self, wanted: Callable[[], tuple[Mapping[str, bytes], Sequence[str], bool]]):
        self._wanted = wanted
        self.proof: Proof | None = None
        self._proved: Mapping[str, bytes] | None = None
        self._current: Mapping[str, bytes] | None = None
        self._showing = threading.Lock()  # a proof ends in a thread, while the plan is edited
        self.status = Status()
        self.job = Job(self.status, self._busy)
        self.prompts, row = number("Prompts to prove with", 8, 1, MOST_PROMPTS, 1)
        self.failures = w.Checkbox(
            value=False, description="Inject failures too (about 15 s per model group)",
            indent=False, layout=w.Layout(width="auto"),
        )  # fmt: skip
        auto = w.Layout(width="auto")
        self.start = w.Button(description="Prove on the real proxy", layout=auto)
        self.stop = w.Button(description="Cancel the proof", layout=auto, disabled=True)
        self.start.on_click(guarded(self.status)(lambda _: self._pressed()))
        self.stop.on_click(lambda _: self.cancel())
        self.bar = w.IntProgress(max=1, layout=w.Layout(width="190px"))
        self.clock = w.Label()
        self.told = w.HTML()
        wrap = w.Layout(flex_flow="row wrap", align_items="center")
        buttons = w.HBox([self.start, self.stop, self.bar, self.clock], layout=wrap)
        super().__init__([row, self.failures, buttons, self.status, self.told])
        self.status.ok("Boots LiteLLM's proxy on this machine with a stand-in for the providers.")

    def prove(self) -> None:
        """Start a proof in the background.

        Raises
        ------
        InputError
            Something is not installed, or this is no export for LiteLLM.
        """
        if told := missing():
            raise InputError(told)
        files, prompts, failures = self._wanted()
        if "config.yaml" not in files:
            raise InputError("only an export for LiteLLM is proved: choose the target 'litellm'")
        if not self.job.start(
            lambda tell, cancelled: self._run(files, prompts, failures, cancelled)
        ):
            raise InputError("a proof is running: cancel it, or wait for its end")

    def cancel(self) -> None:
        """Stop the proof; the proxy ends with it."""
        if self.job.running:
            self.job.cancel()
            self.status.ok("stopping …")

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the end of the proof; for scripts and tests."""
        self.job.join(timeout)

    def refresh(self, files: Mapping[str, bytes]) -> None:
        """Say whether the result is of the files that are shown."""
        self._current = files
        self._show()

    def _pressed(self) -> None:
        """Start a proof; the second press of a double click comes before the button is grey."""
        if not self.job.running:
            self.prove()

    def _run(
        self,
        files: Mapping[str, bytes],
        prompts: Sequence[str],
        failures: bool,
        cancelled: Callable[[], bool],
    ) -> None:
        def tell(what: str, done: int, total: int) -> None:
            if what == "boot":
                waiting.tell(_BOOT)
                return
            waiting.end()
            self.bar.max, self.bar.value = max(1, total), done
            self.status.ok(f"{_STEPS.get(what, what)}: {done} of {total}")

        self.bar.value = 0
        try:
            with Waiting(self.status, self.bar, self.clock, cancelled) as waiting:
                waiting.tell(_FIRST)
                proof = run_proof(files, prompts, failures=failures, tell=tell, cancelled=cancelled)
        except Cancelled:
            self.bar.value = 0
            self.status.ok("cancelled; the proxy has been stopped")
            return
        self.proof, self._proved = proof, files
        self._show()
        verdict = "does what the plan decides" if proof.identical else "differs from the plan"
        self.status.ok(
            f"The real proxy (LiteLLM {proof.litellm}) {verdict}: {proof.agreed} of "
            f"{counted(proof.probes, 'prompt')} served by the plan's group, "
            f"{counted(len(proof.differences), 'difference')}."
        )

    def _show(self) -> None:
        """Show the last proof, and whether it is of the files that the panel shows now."""
        with self._showing:
            if self.proof is None:
                return
            fresh = self._proved == self._current
            of = "this export" if fresh else "an export before this one"
            # Texts of a proof hold no prompts; names of groups are anybody's.
            lines = esc(replace(self.proof, directory=of))
            self.told.value = (
                f'<b>Proof of {of}</b><pre class="rl-lines" tabindex="0">{lines}</pre>'
            )

    def _busy(self, running: bool) -> None:
        self.start.disabled, self.stop.disabled = running, not running
