"""The command ``simulate``: replay a plan on logged traffic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from routelab._checks import InputError, check_free
from routelab._cli_common import Force, Json, Seed, examples, plan_of, progress_bar, say, typed
from routelab._cli_inputs import Log

app = typer.Typer()


@app.command(
    epilog=examples(
        "routelab simulate bundled:traffic.parquet --plan bundled:plan.yaml --out replay",
        "routelab simulate log.jsonl --plan plan.yaml --outages outages.csv --out replay",
    )
)
def simulate(
    log: Log,
    plan: Annotated[Path, typer.Option(help="Plan YAML or bundle.")],
    out: Annotated[Path, typer.Option(help="Folder for decisions.parquet and the rest.")],
    outages: Annotated[Path | None, typer.Option(help="Outage schedule.")] = None,
    accounting: Annotated[str, typer.Option(help="proxy or sdk.")] = "proxy",
    format: Annotated[str | None, typer.Option(help="Log format, when detection fails.")] = None,
    columns: Annotated[
        Path | None, typer.Option(help="YAML: our names to the file's names.")
    ] = None,
    totals: Annotated[
        bool, typer.Option("--totals", help="Parquet of any size: totals per day, no rows.")
    ] = False,
    assumptions: Annotated[
        Path | None, typer.Option(help="What 'fit' wrote: latency, verbosity, failures.")
    ] = None,
    seed: Seed = 0,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Replay a plan on logged traffic: spend, shares, failures."""
    from routelab.fits import Assumptions
    from routelab.outages import read_outages
    from routelab.report import write_report
    from routelab.simulation import simulate as run_simulate
    from routelab.simulation import simulate_file
    from routelab.traffic import read_log

    check_free(out, force=force)
    policy = plan_of(plan)
    schedule = read_outages(outages) if outages is not None else None
    progress = progress_bar("simulate (the first run compiles, once)")
    if totals and assumptions is not None:
        raise InputError("--totals does not take --assumptions")
    if totals:
        whole = simulate_file(
            log, policy, outages=schedule, accounting=accounting, seed=seed, progress=progress
        )
        whole.save(out, force=force)
        answer = {"summary": whole.summary, "notes": list(whole.notes), "out": out}
        answer["daily"] = json.loads(whole.daily.reset_index().to_json(orient="records"))
        say(f"{whole}\nwrote {out}", answer, as_json)
        if whole.interrupted:
            raise typer.Exit(130)
        return
    traffic = read_log(log, format=format, columns=columns)
    replay = run_simulate(
        traffic.frame,
        policy,
        outages=schedule,
        accounting=accounting,
        seed=seed,
        progress=progress,
        assumptions=Assumptions.from_yaml(assumptions) if assumptions is not None else None,
    )
    replay.save(out, force=force)
    title = f"{policy.name} on {log.name}"
    write_report(out / "report.html", replay=replay, title=title, commands=[typed()])
    answer = {"summary": replay.summary, "notes": list(replay.notes), "out": out}
    answer["daily"] = json.loads(replay.daily.reset_index().to_json(orient="records"))
    say(f"{replay}\nwrote {out}", answer, as_json)
