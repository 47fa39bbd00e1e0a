"""What a proof found: counts, differences, attempts, models, latency."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which the gateway and the plan differ.

    Attributes
    ----------
    part : {"probe", "failure", "model"}
        Where content routing, failures or the loaded models differ.
    number : int
        Of the probe or of the request with failures, from 1; of models, 0.
    expected, got : str
        By the plan, and by the gateway.
    cause : str
        What the gateway says about it.
    prompt : str
        Of a probe; never part of the representation.
    """

    part: str
    number: int
    expected: str
    got: str
    cause: str = ""
    prompt: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Latency:
    """What routing adds to a request, in milliseconds.

    Blocks of five requests go to the content routing and straight to the group that it decides, in
    the order ABBA, so that drift cancels.

    Attributes
    ----------
    requests : int
        Of each kind.
    routed_ms, direct_ms : float
        Median time of a request.
    routed_cpu_ms, direct_cpu_ms : float or None
        CPU time of the proxy's process per request; None where the system has no
        ``/proc/PID/task/*/schedstat``.
    """

    requests: int
    routed_ms: float
    direct_ms: float
    routed_cpu_ms: float | None
    direct_cpu_ms: float | None

    @property
    def added_ms(self) -> float:
        """Difference of the medians."""
        return self.routed_ms - self.direct_ms

    @property
    def added_cpu_ms(self) -> float | None:
        """Difference of the CPU times."""
        if self.routed_cpu_ms is None or self.direct_cpu_ms is None:
            return None
        return self.routed_cpu_ms - self.direct_cpu_ms

    def __str__(self) -> str:
        """Return both figures on one line."""
        cpu = "CPU of the proxy not measured here"
        if self.added_cpu_ms is not None:
            cpu = (
                f"CPU of the proxy {self.added_cpu_ms:+.2f} ms "
                f"({self.routed_cpu_ms:.2f} against {self.direct_cpu_ms:.2f})"
            )
        return (
            f"median {self.added_ms:+.1f} ms ({self.routed_ms:.1f} against {self.direct_ms:.1f}), "
            f"{cpu}; {self.requests} requests each, interleaved"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        return {**asdict(self), "added_ms": self.added_ms, "added_cpu_ms": self.added_cpu_ms}


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the real gateway does what the plan decides.

    Attributes
    ----------
    directory : str
    model : str
        Name that clients asked for.
    litellm : str
        Version of the proxy.
    probes, agreed : int
        Prompts that were sent, and those that the plan's group served.
    left_out : int
        Rows of the probes that cannot be sent.
    failures, attempts : int
        Requests with failures, and the attempts of theirs that were compared.
    written, loaded : int
        Entries of the config's model list, and those that the proxy has.
    differences : tuple of Difference
    latency : Latency or None
        None without content routing, or where requests failed.
    notes : tuple of str
        What was stood in for, and what was not compared.
    """

    directory: str
    model: str
    litellm: str
    probes: int
    agreed: int
    left_out: int
    failures: int
    attempts: int
    written: int
    loaded: int
    differences: tuple[Difference, ...]
    latency: Latency | None
    notes: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def __str__(self) -> str:
        """Return the result in lines, without prompts."""
        return self.text()

    def text(self, *, show_prompts: bool = False) -> str:
        """Return the result in lines.

        Parameters
        ----------
        show_prompts : bool, default False
            Print the prompts of probes that differ, as Python literals.
        """
        left_out = f", {self.left_out} rows left out" if self.left_out else ""
        lines = [
            f"{'identical' if self.identical else 'DIFFERS'}: {self.directory}, "
            f"model {self.model!r}, LiteLLM {self.litellm}",
            f"probes    {self.agreed:,} of {self.probes:,} served by the plan's group{left_out}",
            f"failures  {self.failures} requests, {self.attempts} attempts compared",
            f"models    {self.loaded} loaded of {self.written} written",
        ]
        if self.latency is not None:
            lines.append(f"routing   {self.latency}")
        lines += [f"note      {note}" for note in self.notes]
        if self.differences:
            lines += ["", *_table(self.differences, show_prompts)]
        return "\n".join(lines)

    def to_dict(self, *, show_prompts: bool = False) -> dict[str, Any]:
        """Return the result as plain data.

        Parameters
        ----------
        show_prompts : bool, default False
            Keep the prompts of probes that differ.
        """
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        differences = [asdict(difference) for difference in self.differences]
        if not show_prompts:
            for difference in differences:
                del difference["prompt"]
        return {
            "identical": self.identical,
            **found,
            "differences": differences,
            "latency": None if self.latency is None else self.latency.to_dict(),
            "notes": list(self.notes),
        }


def _table(differences: tuple[Difference, ...], show_prompts: bool) -> list[str]:
    rows = [("", "number", "expected", "got", "cause")]
    shown = differences[:MOST_SHOWN]
    rows += [(d.part, str(d.number or ""), d.expected, d.got, d.cause) for d in shown]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for place, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
        if show_prompts and place and shown[place - 1].prompt:
            lines.append(f"    {shown[place - 1].prompt!r}")
    if len(differences) > MOST_SHOWN:
        lines.append(f"and {len(differences) - MOST_SHOWN:,} more")
    return lines
