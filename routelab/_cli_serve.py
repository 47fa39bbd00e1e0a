"""The command ``serve``: a dry run of routing over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def serve(
    bundle: Annotated[Path, typer.Argument(help="Bundle, or plan YAML.")],
    host: Annotated[str, typer.Option(help="Address; 0.0.0.0 opens it to others.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8100,
    max_body_kb: Annotated[int, typer.Option(help="Largest body, in KiB.")] = 1024,
) -> None:
    """Answer POST /v1/route: which model a chat completion would get and why, sent nowhere."""
    from routelab.serving import create_app
    from routelab.serving import serve as run_server

    served = create_app(bundle, max_body_bytes=max_body_kb * 1024)
    run_server(served, host=host, port=port, tell=lambda line: typer.echo(line, err=True))
