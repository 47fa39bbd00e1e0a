"""The commands ``lab`` and ``app``: the notebooks to work in, and the same as pages for others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from routelab._cli_common import Json, examples, say, tell

app = typer.Typer()

Folder = Annotated[Path, typer.Option(help="Where the notebooks are put.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")]
NOTEBOOKS = Path("routelab-notebooks")
IDLE_S = 900  # a reader who closed the page leaves a kernel behind


@app.command(epilog=examples("routelab lab", "routelab lab --port 9999 --no-browser"))
def lab(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8888,
    directory: Folder = NOTEBOOKS,
    browser: Browser = True,
    as_json: Json = False,
) -> None:
    """Open JupyterLab on a copy of the notebooks.

    Copies that exist are kept.

    It listens on this machine alone, and asks for the token in its address. Its exit code is
    JupyterLab's.
    """

    def options(folder: Path) -> list[str]:
        # In a container everybody is root, and JupyterLab would refuse to start.
        root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        shown = [] if browser else ["--no-browser"]
        first = "--LabApp.default_url=/lab/tree/00_start.ipynb"
        return [f"--port={port}", f"--ServerApp.root_dir={folder}", first, *shown, *root]

    _run("jupyterlab", directory, port, options, as_json)


@app.command(name="app", epilog=examples("routelab app", "routelab app --port 9999 --no-browser"))
def app_command(
    directory: Folder = NOTEBOOKS,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8866,
    host: Annotated[str, typer.Option(help="Address; 0.0.0.0 opens it to others.")] = "127.0.0.1",
    browser: Browser = True,
    as_json: Json = False,
) -> None:
    """Serve the notebooks as pages, without their code (Voila).

    Each reader has settings and files of their own, which all pages of the reader share: panels
    read no file of this machine that a reader names, but what the reader uploads, and offer what
    they write as a download. There is no password: whoever reaches the address can use the pages.
    """
    from routelab.serving.server import is_loopback
    from routelab.ui._files import APP, READERS

    if not is_loopback(host):
        tell(f"anybody who reaches {host}, port {port}, can use the pages")

    def options(folder: Path) -> list[str]:
        return [
            str(folder), f"--Voila.ip={host}", f"--port={port}", "--Voila.port_retries=0",
            *([] if browser else ["--no-browser"]),
            f"--MappingKernelManager.cull_idle_timeout={IDLE_S}",
            "--MappingKernelManager.cull_interval=60",
            "--VoilaConfiguration.http_header_envs=Cookie",
        ]  # fmt: skip

    first = f", the first page is http://{host}:{port}/voila/render/00_start.ipynb"
    with tempfile.TemporaryDirectory(prefix="routelab-app-") as readers:
        variables = {APP: "1", READERS: readers}
        _run("voila", directory, port, options, as_json, variables, first)


def _run(
    module: str,
    directory: Path,
    port: int,
    options: Callable[[Path], list[str]],
    as_json: bool,
    variables: dict[str, str] | None = None,
    first: str = "",
) -> None:
    """Run a server of the extra `lab` on a copy of the notebooks, until it ends."""
    from routelab._checks import require
    from routelab.datasets import copy_notebooks
    from routelab.serving.server import check_port

    check_port(port)
    require(module, "lab")
    folder = copy_notebooks(directory)
    say(f"notebooks in {folder}{first}", {"directory": folder, "port": port}, as_json)
    sys.stdout.flush()  # before the server runs, which may be for days
    command = [sys.executable, "-m", module, *options(folder)]
    environment = {**os.environ, **(variables or {})}
    raise typer.Exit(_serve(command, environment))


def _serve(command: list[str], environment: Mapping[str, str]) -> int:
    """Run a server until it ends; who ends this command (Ctrl-C, ``kill``) ends it, too."""
    with subprocess.Popen(command, env=environment) as server:
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        try:
            return server.wait()
        except KeyboardInterrupt:
            server.terminate()
            server.wait()
            raise
