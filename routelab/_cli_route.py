"""The command ``route``: what a router or plan would do with prompts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from routelab._checks import InputError
from routelab._cli_common import Json, examples, say
from routelab._cli_inputs import read_prompts

app = typer.Typer()


@app.command(
    epilog=examples(
        'routelab route router.zip "prove that sqrt 2 is irrational"',
        "cat prompts.txt | routelab route router.zip --file - --json",
    )
)
def route(
    bundle: Annotated[Path, typer.Argument(help="Bundle, or plan YAML.")],
    prompt: Annotated[list[str] | None, typer.Argument(help="Prompts.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="One prompt per line; - is standard input.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(help="Append each decision to this JSONL file.")
    ] = None,
    show_prompts: Annotated[
        bool, typer.Option("--show-prompts", help="Keep prompts in --log, not their hashes.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say which route and which model group each prompt gets."""
    from routelab.decisions import append_decisions, route_decisions

    prompts = list(prompt or [])
    if file is not None:
        prompts += read_prompts(file)
    if not prompts:
        raise InputError("no prompts: give them as arguments or with --file (- is standard input)")
    decisions = route_decisions(bundle, prompts)
    if log is not None:
        append_decisions(log, decisions, show_prompts=show_prompts)
    lines = []
    for d in decisions:
        shown = d["prompt"] if len(d["prompt"]) <= 60 else d["prompt"][:59] + "\u2026"
        chosen = f"{d['route'] or 'abstained'}" + (f" -> {d['group']}" if d["group"] else "")
        score = "" if d["score"] is None else f"  {d['score']:.3f}"
        lines.append(f"{chosen}{score}  {shown!r}")
    say("\n".join(lines), {"decisions": decisions}, as_json)
