"""The command ``prove``: the real gateway held against the exported plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from routelab._checks import atomic_file
from routelab._cli_common import Json, examples, progress_bar, say

app = typer.Typer()


@app.command(epilog=examples("routelab prove litellm-config --probes bundled:prompts.csv"))
def prove(
    directory: Annotated[Path, typer.Argument(help="Folder of export --target litellm.")],
    probes: Annotated[Path, typer.Option(help="Prompts: CSV, JSONL, Parquet, or any label file.")],
    model: Annotated[
        str | None, typer.Option(help="Name that clients ask for; default: the plan's router.")
    ] = None,
    python: Annotated[
        Path | None, typer.Option(help="Interpreter with litellm[proxy]; default: this one.")
    ] = None,
    failures: Annotated[
        bool, typer.Option("--failures/--no-failures", help="Also inject failures.")
    ] = True,
    out: Annotated[
        Path | None, typer.Option(help="Also write the result to this JSON file.")
    ] = None,
    show_prompts: Annotated[
        bool, typer.Option("--show-prompts", help="Show the prompts that are served otherwise.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare what the real LiteLLM proxy does with the plan.

    The proxy is booted on an export, and asked with prompts.
    """
    from routelab.proving import prove as run_prove

    proof = run_prove(
        directory, probes, model=model, python=python, failures=failures, progress=_bars()
    )
    data = proof.to_dict(show_prompts=show_prompts)
    if out is not None:
        with atomic_file(out) as temporary:
            temporary.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")
    say(proof.text(show_prompts=show_prompts), data, as_json)
    if not proof.identical:
        raise typer.Exit(1)


def _bars() -> Callable[[str, int, int], None]:
    """Return a callback that shows a bar for each part of the work."""
    bars: dict[str, Callable[..., Any]] = {}

    def show(what: str, done: int, total: int) -> None:
        if what not in bars:
            bars[what] = progress_bar(what)
        bars[what](done, total)

    return show
