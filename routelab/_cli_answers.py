"""Commands that answer questions about a plan: forecast, sweep, what-if, savings, regret, fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from routelab._checks import InputError
from routelab._cli_common import Force, Json, Seed, examples, plan_of, progress_bar, say
from routelab._cli_inputs import Log
from routelab._words import dollars

app = typer.Typer()


@app.command(
    epilog=examples(
        "routelab sweep traffic.parquet --plan plan.yaml --grid grid.yaml --out sweep",
        "routelab sweep traffic.parquet --plan plan.yaml --grid grid.yaml --out sweep \\",
        "  --resume",
    )
)
def sweep(
    log: Log,
    plan: Annotated[Path, typer.Option(help="Plan YAML or bundle.")],
    grid: Annotated[Path, typer.Option(help="YAML: plan fields to lists of values or ranges.")],
    out: Annotated[
        Path, typer.Option(help="Folder for policies/, sweep.csv, front.csv, front.png.")
    ],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what --out holds.")] = False,
    jobs: Annotated[int, typer.Option(help="Threads or Dask workers; -1: all processors.")] = -1,
    backend: Annotated[str, typer.Option(help="threading or dask.")] = "threading",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler; default: one made here.")
    ] = None,
    outages: Annotated[Path | None, typer.Option(help="Outage schedule.")] = None,
    quality: Annotated[
        Path | None, typer.Option(help="YAML (model group: value) or outcome table.")
    ] = None,
    accounting: Annotated[str, typer.Option(help="proxy or sdk.")] = "proxy",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Replay many variants of a plan: intervals, Pareto front.

    The grid maps fields of the plan to the values to try, each with each: "budgets.0.limit_usd:
    [2, 4]" and, on the next line, "retries.num_retries: [0, 1]" are four variants.
    """
    from routelab.outages import read_outages
    from routelab.sweeps import grid_from_yaml, policies
    from routelab.sweeps import sweep as run_sweep
    from routelab.sweeps.files import check_folder, dask_cluster, read_quality, save_sweep
    from routelab.traffic import read_log

    check_folder(out, resume)
    points = policies(plan_of(plan), grid_from_yaml(grid))
    schedule = read_outages(outages) if outages is not None else None
    worth = read_quality(quality) if quality is not None else None
    traffic = read_log(log)
    with dask_cluster(backend, jobs, scheduler) as client:
        result = run_sweep(
            traffic.frame,
            points,
            outages=schedule,
            quality=worth,
            out=out,
            backend=backend,
            client=client,
            n_jobs=jobs,
            seed=seed,
            accounting=accounting,
            progress=progress_bar("sweep (the first replay compiles, once)"),
        )
    save_sweep(result, out)
    front = result.front() if result.metrics else result.table
    answer = {
        "policies": json.loads(result.table.to_json(orient="records")),
        "front": json.loads(front.to_json(orient="records")),
        "notes": list(result.notes),
        "interrupted": result.interrupted,
        "out": out,
    }
    say(f"{result}\nwrote {out}", answer, as_json)
    if result.interrupted:
        raise typer.Exit(130)
    if not result.metrics:
        raise typer.Exit(1)


@app.command(epilog=examples("routelab fit bundled:traffic.parquet --out assumptions.yaml"))
def fit(
    log: Log,
    out: Annotated[Path, typer.Option(help="YAML file for the assumptions.")],
    outages: Annotated[
        Path | None, typer.Option(help="Outage schedule; default: found in the log.")
    ] = None,
    outages_out: Annotated[
        Path | None, typer.Option(help="CSV file for the outages found in the log.")
    ] = None,
    min_requests: Annotated[int, typer.Option(help="Least requests of a model.")] = 50,
    format: Annotated[str | None, typer.Option(help="Log format, when detection fails.")] = None,
    columns: Annotated[
        Path | None, typer.Option(help="YAML: our names to the file's names.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Fit latency, verbosity and failures of each model.

    For requests that another model served in the log.
    """
    from routelab._checks import atomic_file
    from routelab.fits import Assumptions, outages_from_log
    from routelab.outages import read_outages
    from routelab.traffic import read_log

    for path in (out, outages_out):
        if path is not None and path.exists() and not force:
            raise InputError(f"{str(path)!r} exists already; name another file or pass --force")
    traffic = read_log(log, format=format, columns=columns).frame
    given = read_outages(outages) if outages is not None else None
    found = outages_from_log(traffic) if outages_out is not None else None
    assumed = Assumptions.fit(traffic, outages=given, min_requests=min_requests)
    assumed.to_yaml(out)
    notes = assumed.notes()
    wrote = f"wrote {out}"
    if found is not None and outages_out is not None:
        notes += found.attrs["notes"]
        if len(found):
            with atomic_file(outages_out) as temporary:
                found.to_csv(temporary, index=False)
            wrote += f" and {outages_out}"
        else:  # a schedule without rows is no schedule
            notes.append(f"no outage was found: {outages_out} is not written")
            outages_out = None
    answer = {"notes": notes, "out": out, "outages_out": outages_out}
    say("\n".join([*notes, wrote]), answer, as_json)


@app.command(
    epilog=examples(
        "routelab forecast bundled:traffic.parquet --plan bundled:plan.yaml --days 14 \\",
        "  --out ahead",
    )
)
def forecast(
    log: Log,
    plan: Annotated[Path, typer.Option(help="Plan YAML or bundle.")],
    out: Annotated[Path, typer.Option(help="Folder for tables, JSON and picture.")],
    days: Annotated[int, typer.Option(help="Days to look ahead.")] = 30,
    paths: Annotated[int, typer.Option(help="Resampled paths.")] = 200,
    block_days: Annotated[int, typer.Option(help="Days drawn together.")] = 1,
    by_weekday: Annotated[
        bool | None, typer.Option(help="Keep weekdays; default: with blocks of 7 days or more.")
    ] = None,
    growth: Annotated[float, typer.Option(help="Requests per hour against the log.")] = 1.0,
    outages: Annotated[Path | None, typer.Option(help="Outages of the log's days.")] = None,
    format: Annotated[str | None, typer.Option(help="Log format, when detection fails.")] = None,
    columns: Annotated[
        Path | None, typer.Option(help="YAML: our names to the file's names.")
    ] = None,
    seed: Seed = 0,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Say what a plan may spend, and when budgets run out.

    By resampling the log's days.
    """
    from routelab.forecasting import forecast as run_forecast
    from routelab.outages import read_outages
    from routelab.traffic import read_log

    result = run_forecast(
        read_log(log, format=format, columns=columns).frame,
        plan_of(plan),
        days=days,
        n_paths=paths,
        block_days=block_days,
        by_weekday=by_weekday,
        growth=growth,
        outages=read_outages(outages) if outages is not None else None,
        seed=seed,
        progress=progress_bar("forecast"),
    )
    result.save(out, force=force)
    answer = {"summary": result.summary, "notes": list(result.notes), "out": out}
    say(f"{result}\nwrote {out}", answer, as_json)


@app.command(
    "what-if",
    epilog=examples("routelab what-if traffic.parquet --plan plan.yaml --changes changes.yaml"),
)
def what_if(
    log: Log,
    plan: Annotated[Path, typer.Option(help="Plan YAML or bundle.")],
    changes: Annotated[Path, typer.Option(help="YAML: a list of changes, see below.")],
    outages: Annotated[Path | None, typer.Option(help="Outage schedule.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Compare a plan with itself after changes.

    Of prices, ends of life, new models, growth.

    Each entry of the file has one of prices, end_of_life, add_model, growth; from_date is optional:
    "- {prices: {gpt-4o: {input_usd_per_mtok: 5}}, from_date: 2026-11-12}",
    "- {end_of_life: gpt-4o-mini, fallback: mid}", "- {add_model: gpt-4.1, group: mid}",
    "- {growth: 1.5}".
    """
    from routelab.forecasting import read_changes
    from routelab.forecasting import what_if as run_what_if
    from routelab.outages import read_outages
    from routelab.traffic import read_log

    result = run_what_if(
        read_log(log).frame,
        plan_of(plan),
        read_changes(changes),
        outages=read_outages(outages) if outages is not None else None,
        seed=seed,
    )
    table = json.loads(result.table.reset_index().to_json(orient="records"))
    say(str(result), {"table": table, "notes": list(result.notes)}, as_json)


@app.command(
    epilog=examples(
        "routelab savings bundled:traffic.parquet --plan bundled:plan.yaml --against strong"
    )
)
def savings(
    log: Log,
    plan: Annotated[Path, typer.Option(help="Plan YAML or bundle.")],
    against: Annotated[str, typer.Option(help="log, a model group, or a plan file.")],
    outages: Annotated[Path | None, typer.Option(help="Outage schedule.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Say what a plan saves against another that you name."""
    from routelab.forecasting import savings as run_savings
    from routelab.outages import read_outages
    from routelab.simulation import simulate
    from routelab.traffic import read_log

    traffic, policy = read_log(log).frame, plan_of(plan)
    schedule = read_outages(outages) if outages is not None else None
    replay = simulate(traffic, policy, outages=schedule, seed=seed)
    named = against if against == "log" or against in policy.models else plan_of(Path(against))
    found = run_savings(replay, named, traffic=traffic, outages=schedule)
    share = "" if found["savings_share"] is None else f" ({found['savings_share']:.1%})"
    lines = [
        f"against {found['against']}, {found['compared']:,} requests that both served",
        f"plan            {dollars(found['plan_usd'])}",
        f"counterfactual  {dollars(found['counterfactual_usd'])}",
        f"saved           {dollars(found['savings_usd'])}{share}",
        *(f"note: {note}" for note in found["notes"]),
    ]
    say("\n".join(lines), found, as_json)


@app.command(
    epilog=examples("routelab regret traffic.parquet --plan plan.yaml --quality worth.yaml")
)
def regret(
    log: Log,
    plan: Annotated[Path, typer.Option(help="Plan YAML or bundle.")],
    quality: Annotated[Path, typer.Option(help="YAML: model group to the worth of its answer.")],
    objective: Annotated[str, typer.Option(help="quality or cost.")] = "quality",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Hold a plan against the best allocation in hindsight.

    That is a linear programme. The file of --quality has a line per model group, from 0 (no use)
    up: "strong: 1.0", "cheap: 0.75".
    """
    from routelab.forecasting import regret as run_regret
    from routelab.simulation import simulate
    from routelab.sweeps.files import read_quality
    from routelab.traffic import read_log

    traffic = read_log(log).frame
    replay = simulate(traffic, plan_of(plan), seed=seed)
    worth = read_quality(quality)
    if not isinstance(worth, dict):
        raise InputError(f"{quality}: regret needs a mapping from model group to number")
    found = run_regret(replay, traffic, worth, objective=objective)
    answer = {"achieved": found.achieved, "optimum": found.optimum, "regret": found.regret}
    say(str(found), {**answer, "notes": list(found.notes)}, as_json)
