"""The commands ``lab`` and ``app``: the notebooks to work in, and the same as pages for others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

Folder = Annotated[Path, typer.Option(help="Where the notebooks are put.")]
NOTEBOOKS = Path("routelab-notebooks")
IDLE_S = 900  # a reader who closed the page leaves a kernel behind


@app.command()
def lab(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8888,
    directory: Folder = NOTEBOOKS,
) -> None:
    """Open JupyterLab on a copy of the notebooks; existing copies are kept."""
    _run(
        "jupyterlab", directory, lambda folder: [f"--port={port}", f"--ServerApp.root_dir={folder}"]
    )


@app.command(name="app")
def app_command(
    directory: Folder = NOTEBOOKS,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8866,
    host: Annotated[str, typer.Option(help="Address; 0.0.0.0 opens it to others.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Serve a copy of the notebooks as pages, without their code (Voila).

    Each reader has a kernel and settings of their own; who should share settings names the same
    file in a Session. There is no password: whoever reaches the address can use the pages.
    """
    from routelab.serving.server import is_loopback

    if not is_loopback(host):
        typer.echo(f"anybody who reaches {host}, port {port}, can use the pages", err=True)
    _run(
        "voila",
        directory,
        lambda folder: [
            str(folder), f"--Voila.ip={host}", f"--port={port}", "--Voila.port_retries=0",
            *([] if browser else ["--no-browser"]),
            f"--MappingKernelManager.cull_idle_timeout={IDLE_S}",
            "--MappingKernelManager.cull_interval=60",
        ],
    )  # fmt: skip


def _run(module: str, directory: Path, options: Callable[[Path], list[str]]) -> None:
    """Run a server of the extra `lab` on a copy of the notebooks, until it ends."""
    from routelab._checks import require
    from routelab.datasets import copy_notebooks

    require(module, "lab")
    command = [sys.executable, "-m", module, *options(copy_notebooks(directory))]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
