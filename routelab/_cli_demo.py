"""The commands ``demo`` and ``version``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from routelab._cli_common import Force, Json, Seed, examples, say

app = typer.Typer()


@app.command(epilog=examples("routelab demo --out out"))
def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything that is made.")],
    force: Force = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Do all four uses on bundled data: the way through routelab."""
    from routelab.demo import run_demo

    lines = []
    for line in run_demo(out, force=force, seed=seed):
        lines.append(line)
        if not as_json:
            say(line, None, as_json)
    if as_json:
        say("", {"found": lines, "out": out}, as_json)


@app.command(epilog=examples("routelab version --json"))
def version(as_json: Json = False) -> None:
    """Print the version."""
    from routelab import __version__

    say(__version__, {"version": __version__}, as_json)
