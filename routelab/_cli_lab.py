"""The command ``lab``: the notebooks in JupyterLab."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from routelab._cli_common import Json, examples, say

app = typer.Typer()


@app.command(epilog=examples("routelab lab", "routelab lab --port 9999 --directory my-notebooks"))
def lab(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8888,
    directory: Annotated[Path, typer.Option(help="Where the notebooks are put.")] = Path(
        "routelab-notebooks"
    ),
    as_json: Json = False,
) -> None:
    """Open JupyterLab on a copy of the notebooks; existing copies are kept.

    Its exit code is JupyterLab's.
    """
    import subprocess

    from routelab._checks import require
    from routelab.datasets import copy_notebooks

    require("jupyterlab", "lab")
    folder = copy_notebooks(directory)
    say(f"notebooks in {folder}", {"directory": folder, "port": port}, as_json)
    sys.stdout.flush()  # before JupyterLab runs, which may be for days
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--port={port}",
        f"--ServerApp.root_dir={folder}",
    ]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
