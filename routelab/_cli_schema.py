"""The command that prints a JSON Schema."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def schema(
    name: Annotated[str, typer.Argument(help="plan, or bundle (its manifest.json).")] = "plan",
) -> None:
    """Print the JSON Schema of a plan or of a bundle's manifest, for editors and programs."""
    from routelab.exporters.schemas import schema_text

    typer.echo(schema_text(name), nl=False)
