"""What every command shares: its options, its output, its progress bar, its way to a plan."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from routelab._checks import InputError, existing_file
from routelab._terminal import fit, printable, printable_json, terminal_width

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what exists at --out.")]
Seed = Annotated[int, typer.Option(help="Seed of every draw.")]
Encoder = Annotated[
    str,
    typer.Option(
        help="tfidf, hashing, onnx:FOLDER, static:FOLDER, model2vec:NAME, "
        "sentence-transformers:NAME, litellm:MODEL."
    ),
]


def say(text: str, data: Any, as_json: bool) -> None:
    """Print text, made to fit a terminal, or data as one JSON object.

    Whatever comes from data is shown in a form that cannot steer the terminal.
    """
    if as_json:
        typer.echo(printable_json(json.dumps(data, ensure_ascii=False, default=str)))
        return
    width = terminal_width()
    told = printable(text)
    typer.echo(told if width is None else fit(told, width))


def tell(text: str) -> None:
    """Print a remark on standard error, where pipes and --json do not see it."""
    typer.echo(printable(text), err=True)


def typed() -> str:
    """Return the command as it was typed, for a report that says how it was made."""
    return shlex.join(["routelab", *sys.argv[1:]])


def examples(*lines: str) -> str:
    """Return the end of a command's help: commands that can be copied, one a line."""
    return "Examples:\n\n\b\n" + "\n".join(f"  {line}" for line in lines)


def progress_bar(what: str) -> Callable[..., None]:
    """Return a callback that shows a bar on standard error; quiet when that is no terminal."""
    from tqdm.auto import tqdm

    bar = tqdm(desc=what, unit="", leave=False, disable=not sys.stderr.isatty())

    def show(done: int, total: int, *_: Any) -> None:
        bar.total = total
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return show


def named_values(given: list[str]) -> dict[str, Any]:
    """Return the parameters written as NAME=VALUE; values are read as YAML reads them.

    Examples
    --------
    >>> named_values(["k=5", "out_of_scope=oos", "domains={sql: code}"])
    {'k': 5, 'out_of_scope': 'oos', 'domains': {'sql': 'code'}}
    """
    import yaml

    values: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise InputError(f"--param takes NAME=VALUE, such as k=5, got {text!r}")
        try:
            values[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise InputError(f"--param {name}: {value!r} is no value: {error}") from error
    return values


def plan_of(path: Path) -> Any:
    """Read a plan from YAML, or from a bundle."""
    from routelab.exporters import load_bundle
    from routelab.plan import Plan

    if path.suffix in (".yaml", ".yml"):
        return Plan.from_yaml(path)
    plan = load_bundle(path).plan
    if plan is None:
        raise InputError(f"the bundle {str(path)!r} holds no plan")
    return plan


def read_table(file: Path, texts: list[str]) -> Any:
    """Read CSV, JSONL or Parquet; the columns in `texts` (ids, arms) stay text."""
    import pandas as pd

    found = existing_file(file, "table")
    suffixes = [s for s in found.suffixes if s not in (".gz", ".zst")]
    kind = suffixes[-1] if suffixes else ""
    try:
        if kind == ".parquet":
            return pd.read_parquet(found)
        if kind == ".csv":
            return pd.read_csv(found, dtype=dict.fromkeys(texts, "string"))
        if kind in (".jsonl", ".ndjson"):
            return pd.read_json(found, lines=True, dtype=False)
    except (ValueError, OSError) as error:
        raise InputError(f"{found}: not a {kind[1:]} file: {str(error).splitlines()[0]}") from None
    raise InputError(f"{found}: a table ends in .csv, .jsonl or .parquet, got {kind!r}")
