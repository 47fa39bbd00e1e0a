"""`prove`: boot the real gateway on an exported plan, and hold all it does against the plan."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from routelab._checks import InputError, require
from routelab.encoders import LitellmEncoder
from routelab.proving.client import Client
from routelab.proving.probes import Source, decided_groups, read_probes
from routelab.proving.proxy import booted
from routelab.proving.result import Proof
from routelab.proving.run import Failed, Progress, Run
from routelab.proving.stand_in import (
    Export,
    asked_name,
    group_of_name,
    read_export,
    write_copy,
)
from routelab.proving.upstream import Embed, Upstream, serving


def prove(
    directory: str | os.PathLike[str],
    probes: Source,
    *,
    model: str | None = None,
    python: str | os.PathLike[str] | None = None,
    failures: bool = True,
    latency_requests: int = 60,
    progress: Progress | None = None,
) -> Proof:
    """Run the real LiteLLM proxy on an exported plan and compare it with the plan.

    The proxy serves a copy of the folder whose providers are a stand-in on this machine. Each probe
    must be served by the group that the plan decides offline; requests with injected failures must
    make the attempts that the simulator's kernel makes; the proxy must have the models that were
    written. The folder itself is not touched, and nothing leaves the machine.

    Parameters
    ----------
    directory : path
        What ``routelab export --target litellm`` wrote.
    probes : path or sequence of str
        Prompts: a file (a prompt per row; `user`, `session_id` and `tier` are sent along), any
        label file, or a list.
    model : str, optional
        Name that clients ask for. Default: that of the content routing, else the default group.
    python : path, optional
        Interpreter with ``litellm[proxy]``, which needs no routelab unless the export does.
        Default: the running one.
    failures : bool, default True
        Also send requests with injected failures, which takes about 15 s per model group.
    latency_requests : int, default 60
        Requests of each kind from which the added latency is measured.
    progress : callable, optional
        Called with what is done, how much of it, and of how much; ten times a second while the
        proxy boots. What it raises ends the proof: the proxy is stopped first.

    Returns
    -------
    Proof

    Raises
    ------
    InputError
        The folder or the probes cannot be used, or the package openai is missing (extra
        ``litellm``).
    RoutelabError
        The proxy does not boot: with the last lines of its log, keys taken out.

    Examples
    --------
    >>> prove("no-such-folder", ["hello"])
    Traceback (most recent call last):
    routelab._checks.InputError: folder 'no-such-folder' does not exist
    """
    if latency_requests < 0:
        raise InputError(f"latency_requests must be at least 0, got {latency_requests}")
    export = read_export(Path(directory))
    require("openai", "litellm")
    sent, left_out = read_probes(probes)
    asked, by_content = asked_name(export, model)
    expected = [group_of_name(export, asked)] * len(sent)
    if by_content:
        expected = decided_groups(export.plan, sent)
    tell = progress or _silent
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="routelab-prove-")))
        upstream = stack.enter_context(serving(Upstream(embedder(export))))
        plan, notes = write_copy(export, folder, upstream.port)
        tell("boot", 0, 1)
        interpreter = None if python is None else os.fspath(python)
        proxy = stack.enter_context(
            booted(folder, python=interpreter, waiting=lambda: tell("boot", 0, 1))
        )
        tell("boot", 1, 1)
        client = stack.enter_context(Client(proxy))
        run = Run(export, plan, client, upstream, tell)
        loaded, differences = run.models(asked)
        unlike = run.probes(asked, sent, expected)
        latency = None
        if by_content and not unlike:
            latency = run.latency(asked, sent[:latency_requests], expected[:latency_requests])
        failed = run.failures(notes) if failures else Failed()
        version = client.replies[0].headers.get("x-litellm-version", "of unknown version")
    return Proof(
        directory=os.fspath(directory),
        model=asked,
        litellm=version,
        probes=len(sent),
        agreed=len(sent) - len(unlike),
        left_out=left_out,
        failures=failed.requests,
        attempts=failed.attempts,
        written=len(export.entries),
        loaded=loaded,
        differences=(*differences, *unlike, *failed.differences),
        latency=latency,
        notes=tuple(notes),
    )


def embedder(export: Export) -> Embed | None:
    """Return what gives the vectors of a service that the config asks, as the plan has them."""
    router = None if export.plan.router is None else export.plan.router.resolve()
    encoder = next((step for _, step in getattr(router, "steps", [])), None)
    if not isinstance(encoder, LitellmEncoder):
        return None
    return encoder.transform


def _silent(what: str, done: int, total: int) -> None:
    pass
