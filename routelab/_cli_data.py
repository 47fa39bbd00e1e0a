"""Commands for data from elsewhere: price lists and public sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from routelab._checks import InputError, require
from routelab._cli_common import Json, examples, progress_bar, say, tell
from routelab._words import counted

app = typer.Typer()


@app.command(
    epilog=examples(
        "routelab prices bundled:catalog.yaml --on 2026-01-01",
        "routelab prices prices/ --on 2025-06-30 --diff-on 2026-01-01 --out catalog.yaml",
    )
)
def prices(
    files: Annotated[list[Path], typer.Argument(help="Price lists, or a folder of them.")],
    on: Annotated[str | None, typer.Option(help="Day, such as 2025-06-30; default: now.")] = None,
    diff: Annotated[Path | None, typer.Option(help="Later price list: say what changed.")] = None,
    diff_on: Annotated[str | None, typer.Option(help="Later day: say what changed.")] = None,
    format: Annotated[str | None, typer.Option(help="Format, when detection fails.")] = None,
    out: Annotated[Path | None, typer.Option(help="Catalog YAML to write.")] = None,
    as_json: Json = False,
) -> None:
    """Read price lists at a day, and say what changed.

    And write a catalog.
    """
    from routelab.prices import load_prices

    catalog, report = load_prices(list(files), on, format=format)
    text, data = str(report), report.to_dict()
    if diff is not None or diff_on is not None:
        later, _ = load_prices(diff if diff is not None else list(files), diff_on)
        changes = catalog.diff(later)
        shown = changes.to_string(index=False) if len(changes) else "nothing changed"
        text = f"{text}\n\n{shown}"
        data["changes"] = json.loads(changes.to_json(orient="records"))
    if out is not None:
        catalog.to_yaml(out)
        text += f"\nwrote {out}"
    say(text, {**data, "out": out}, as_json)


@app.command(
    epilog=examples("routelab fetch --list", "routelab fetch routellm --folder data --yes")
)
def fetch(
    name: Annotated[str | None, typer.Argument(help="Name of the set.")] = None,
    every: Annotated[bool, typer.Option("--list", help="List the sets.")] = False,
    folder: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("data"),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Download a public data set at a fixed commit, verified.

    Size and licence are shown first.
    """
    from routelab import fetch as module

    if every or name is None:
        found = [module.describe(one) for one in module.sets()]
        say("\n\n".join(found), {"sets": list(module.sets())}, as_json)
        return
    tell(module.describe(name))
    require("pooch", "fetch")  # before the question, not after it
    if not yes and not _agreed():
        raise InputError("nothing was fetched: answer y, or pass --yes")
    files = module.fetch(name, folder, progress=progress_bar("fetch"))
    say(f"{counted(len(files), 'file')} in {folder / name}", {"files": files}, as_json)


def _agreed() -> bool:
    try:
        return typer.confirm("fetch it?", err=True)
    except typer.Abort:  # nobody is there to answer
        return False
