"""The command ``verify``: is the simulator right about the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from routelab._cli_common import Json, examples, say

app = typer.Typer()


@app.command(epilog=examples("routelab verify recordings/*.json"))
def verify(
    recording: Annotated[list[Path], typer.Argument(help="Recordings of the real gateway.")],
    as_json: Json = False,
) -> None:
    """Replay recordings of the gateway: the first difference."""
    from routelab.simulation import verify_recording

    verdicts = [verify_recording(path) for path in recording]
    words = {True: "identical", False: "DIFFERS", None: "not covered"}
    lines = []
    for v in verdicts:
        told = f"{v.requests:,} requests, {v.attempts:,} attempts" if v.identical else v.message
        lines.append(f"{v.name:<42} {words[v.identical]:<12} {told}")
    same = sum(v.identical is True for v in verdicts)
    lines.append(f"{same} of {len(verdicts)} identical")
    data = [{"name": v.name, "identical": v.identical, "message": v.message} for v in verdicts]
    say("\n".join(lines), {"verdicts": data}, as_json)
    if same < len(verdicts):
        raise typer.Exit(1)
