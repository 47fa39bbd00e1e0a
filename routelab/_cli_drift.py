"""The command ``drift``: a new log against the plan, earlier traffic and the forecast."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from routelab._cli_common import Force, Json, Seed, examples, plan_of, progress_bar, say
from routelab._cli_inputs import Log

app = typer.Typer()


@app.command(
    epilog=examples(
        "routelab drift new.parquet --plan plan.yaml --reference old.parquet --out drift"
    )
)
def drift(
    log: Log,
    plan: Annotated[Path, typer.Option(help="Plan YAML or bundle.")],
    reference: Annotated[
        Path | None, typer.Option(help="Earlier log; default: the first half of LOG.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for tables, JSON and picture.")] = None,
    unit: Annotated[
        str, typer.Option(help="Column of who asks; its requests stay together. 'none': no one.")
    ] = "user",
    alpha: Annotated[float, typer.Option(help="False alarms by chance, of each look.")] = 0.05,
    paths: Annotated[int, typer.Option(help="Resampled paths of the forecast.")] = 200,
    format: Annotated[str | None, typer.Option(help="Log format, when detection fails.")] = None,
    columns: Annotated[
        Path | None, typer.Option(help="YAML: our names to the file's names.")
    ] = None,
    seed: Seed = 0,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Say whether what runs is still what was planned.

    Decisions as the plan's, traffic and prices as foreseen.

    Exit code 1 when there is an alarm; warnings leave it 0.
    """
    from routelab.traffic import read_log
    from routelab.watching import drift as run_drift

    earlier = None
    if reference is not None:
        earlier = read_log(reference, format=format, columns=columns).frame
    report = run_drift(
        read_log(log, format=format, columns=columns).frame,
        plan_of(plan),
        reference=earlier,
        unit=None if unit == "none" else unit,
        alpha=alpha,
        n_paths=paths,
        seed=seed,
        progress=progress_bar("forecast"),
    )
    if out is not None:
        report.save(out, force=force)
    told = str(report) if out is None else f"{report}\nwrote {out}"
    say(told, {**report.summary, "out": out}, as_json)
    if report.alarmed:
        raise typer.Exit(1)
