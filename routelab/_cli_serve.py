"""The command ``serve``: a dry run of routing over HTTP."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from routelab._cli_common import Json, examples, say, tell

app = typer.Typer()


@app.command(
    epilog=examples("routelab serve router.zip", "routelab serve bundled:plan.yaml --port 0 --json")
)
def serve(
    bundle: Annotated[Path, typer.Argument(help="Bundle, or plan YAML.")],
    host: Annotated[str, typer.Option(help="Address; 0.0.0.0 opens it to others.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8100,
    max_body_kb: Annotated[int, typer.Option(help="Largest body, in KiB.")] = 1024,
    as_json: Json = False,
) -> None:
    """Answer over HTTP which model a request would get, and why.

    It takes POST /v1/route with a chat completion, and sends it nowhere.
    """
    from routelab.serving import create_app
    from routelab.serving import serve as run_server

    served = create_app(bundle, max_body_bytes=max_body_kb * 1024)
    run_server(served, host=host, port=port, tell=tell, ready=lambda url: _ready(url, as_json))


def _ready(address: str, as_json: bool) -> None:
    """Print the address for a program that reads it; people are told on standard error."""
    if as_json:
        say("", {"address": address}, as_json)
        sys.stdout.flush()
