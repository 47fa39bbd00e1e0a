"""The command ``export``: a plan as the config of a gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from routelab._cli_common import Force, Json, Target, examples, plan_of, say

app = typer.Typer()


@app.command(
    epilog=examples(
        "routelab export bundled:plan.yaml --out litellm-config",
        "routelab export plan.yaml --target semantic-router --out router",
    )
)
def export(
    plan: Annotated[Path, typer.Argument(help="Plan YAML or bundle.")],
    out: Annotated[Path, typer.Option(help="Folder for the exported files.")],
    target: Target = "litellm",
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a plan for a gateway; list what it cannot carry."""
    from routelab.exporters import export as run_export

    result = run_export(plan_of(plan), target=target, directory=out, force=force)
    lines = [f"wrote {len(result.files)} files to {out}: {', '.join(map(str, result.files))}"]
    lines += [f"not carried: {item}" for item in result.not_carried]
    data = {"out": out, "files": [str(f) for f in result.files], "not_carried": result.not_carried}
    say("\n".join(lines), data, as_json)
