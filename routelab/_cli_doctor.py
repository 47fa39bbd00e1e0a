"""The command ``doctor``: what is installed, what is missing, and how to get it."""

from __future__ import annotations

from dataclasses import asdict

import typer

from routelab._cli_common import Json, examples, say

app = typer.Typer()


@app.command(epilog=examples("routelab doctor", "routelab doctor --json"))
def doctor(as_json: Json = False) -> None:
    """Say what is installed, what is missing, and how to get it; nothing heavy is imported.

    Exit code 1 when a part that routelab needs is broken; optional parts may be missing.
    """
    from routelab.doctor import examine

    found = examine()
    broken = [part for part in found if part.state == "broken"]
    size = max(len(part.name) for part in found)
    lines = [f"{part.state:<8}  {part.name:<{size}}  {part.found}" for part in found]
    absent = [part for part in found if part.state == "missing"]
    if absent:
        lines += ["", "what is missing is optional; to get it:"]
        lines += [f"  {part.name:<{size}}  {part.remedy}" for part in absent if part.remedy]
    lines += ["", "routelab works" if not broken else f"{len(broken)} required parts are broken:"]
    lines += [f"  {part.name:<{size}}  {part.remedy}" for part in broken if part.remedy]
    data = {"works": not broken, "parts": [asdict(part) for part in found]}
    say("\n".join(lines), data, as_json)
    if broken:
        raise typer.Exit(1)
