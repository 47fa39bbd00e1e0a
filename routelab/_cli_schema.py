"""The command that prints a JSON Schema."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from routelab._cli_common import Json, examples, say

app = typer.Typer()


@app.command(epilog=examples("routelab schema plan", "routelab schema bundle --json"))
def schema(
    name: Annotated[str, typer.Argument(help="plan, or bundle (its manifest.json).")] = "plan",
    as_json: Json = False,
) -> None:
    """Print the JSON Schema of a plan or of a bundle's manifest."""
    from routelab.exporters.schemas import schema_text

    text = schema_text(name)
    if as_json:
        say("", json.loads(text), as_json)
    else:  # as it is: a schema that is broken into lines of the terminal is none
        typer.echo(text, nl=False)
