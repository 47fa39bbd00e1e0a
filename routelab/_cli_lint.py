"""The command that checks a LiteLLM config."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from routelab._checks import InputError, atomic_file
from routelab._cli_common import Json, examples, say
from routelab._cli_inputs import piped

app = typer.Typer()


@app.command(
    epilog=examples("routelab lint config.yaml --sarif lint.sarif", "routelab lint --list")
)
def lint(
    config: Annotated[
        Path | None, typer.Argument(help="LiteLLM config.yaml; - for a pipe.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    sarif: Annotated[Path | None, typer.Option(help="Also write SARIF 2.1.0 to this file.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print all checks and stop.")] = False,
    as_json: Json = False,
) -> None:
    """Check a LiteLLM config for mistakes and traps.

    Exit code 1 when there are errors.
    """
    from dataclasses import asdict

    from routelab.exporters.lint import lint as run_lint
    from routelab.exporters.sarif import to_sarif

    if list_:
        _list(as_json)
        return
    if config is None:
        raise InputError("lint takes a config.yaml, or --list")
    with piped(config) as file:  # what a config from a pipe names lies in the working folder
        findings = run_lint(file, None if file == config else Path.cwd())
    count = Counter(finding.severity for finding in findings)
    if sarif is not None:
        with atomic_file(sarif) as temporary:
            temporary.write_text(json.dumps(to_sarif(findings, config), indent=2) + "\n")
    numbers = {f"{kind}s": count[kind] for kind in ("error", "warning", "note")}
    lines = [f"{config}:{finding}" for finding in findings]
    lines.append(", ".join(f"{kind}: {n}" for kind, n in numbers.items()))
    data = {"file": config, **numbers, "findings": [asdict(finding) for finding in findings]}
    say("\n".join(lines), data, as_json)
    if count["error"] or (strict and count["warning"]):
        raise typer.Exit(1)


def _list(as_json: bool) -> None:
    from routelab.exporters.lint import lint_checks

    keys = ("id", "rule", "severity", "why", "fix")
    rows = [{key: getattr(entry, key) for key in keys} for entry in lint_checks()]
    lines = ["{id}  {severity:7}  {rule}: {why} (fix: {fix})".format(**row) for row in rows]
    say("\n".join(lines), {"checks": rows}, as_json)
