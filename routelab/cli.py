"""The command line: thin, every command one call into the library.

Exit codes: 0 done, 1 the answer is "no" (verify differs, lint found something), 2 bad input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from routelab import (
    __version__,
    _cli_ab,
    _cli_answers,
    _cli_app,
    _cli_calibrate,
    _cli_data,
    _cli_drift,
    _cli_gateway,
    _cli_labels,
    _cli_lint,
    _cli_off_policy,
    _cli_schema,
    _cli_serve,
)
from routelab._checks import InputError, RoutelabError
from routelab._cli_common import (
    Force,
    Json,
    Seed,
    named_values,
    plan_of,
    progress_bar,
    say,
)

app = typer.Typer(
    name="routelab",
    help="A laboratory for LLM model routing: compare, simulate on your own traffic, export.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Encoder = Annotated[
    str,
    typer.Option(
        help="tfidf, hashing, onnx:FOLDER, static:FOLDER, model2vec:NAME, "
        "sentence-transformers:NAME, litellm:MODEL."
    ),
]


app.add_typer(_cli_ab.app, name="ab")
app.add_typer(_cli_answers.app)
app.add_typer(_cli_app.app)
app.add_typer(_cli_calibrate.app)
app.add_typer(_cli_data.app)
app.add_typer(_cli_drift.app)
app.add_typer(_cli_gateway.app)
app.add_typer(_cli_labels.app)
app.add_typer(_cli_lint.app)
app.add_typer(_cli_off_policy.app)
app.add_typer(_cli_schema.app)
app.add_typer(_cli_serve.app)


def main() -> None:
    """Run the command line; what fails on purpose is one line on standard error, exit code 2."""
    try:
        app()
    except RoutelabError as error:
        typer.echo(f"routelab: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("routelab: stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _read_data(path: Path, label: str | None = None) -> Any:
    """Read outcomes when the file holds outcomes, else labels; say what was left out."""
    from routelab.labels import read_labels
    from routelab.outcomes import read_outcomes
    from routelab.read_any import kind_of

    table: Any
    if label is None and kind_of(path) == "outcomes":
        table = read_outcomes(path)
        account = table.report.to_dict()
    else:
        table = read_labels(path, label)
        account = table.attrs["report"]
    if account["rejects"]:
        first = account["reasons"][0]
        typer.echo(f"{account['rejects']} rows left out (first: {first})", err=True)
    return table


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything that is made.")],
    force: Force = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """All four uses on bundled data: compare, simulate, export, report."""
    from routelab.demo import run_demo

    lines = []
    for line in run_demo(out, force=force, seed=seed):
        lines.append(line)
        if not as_json:
            typer.echo(line)
    if as_json:
        say("", {"found": lines, "out": out}, as_json)


@app.command()
def read(
    file: Annotated[list[Path], typer.Argument(help="Files, folders or patterns of one kind.")],
    out: Annotated[
        Path | None, typer.Option(help="Parquet for traffic; CSV for labels, outages, decisions.")
    ] = None,
    format: Annotated[str | None, typer.Option(help="Log format, when detection fails.")] = None,
    columns: Annotated[
        Path | None, typer.Option(help="YAML: our names to the file's names.")
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="File for rejected rows, verbatim.")] = None,
    profile: Annotated[Path | None, typer.Option(help="HTML page with pictures.")] = None,
    redact: Annotated[bool, typer.Option("--redact", help="Take secrets out of prompts.")] = False,
    hash_users_salt_env: Annotated[
        str | None, typer.Option(help="Environment variable with a salt: hash users, sessions.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read a log, outcomes, labels, outages or prices, and say what was found."""
    from routelab import _cli_read

    request = _cli_read.Request(
        list(file), out, format, columns, rejects, profile, redact, hash_users_salt_env
    )
    report, kind = _cli_read.run(request)
    text = f"kind       {kind}\n{report}"
    text += "".join(f"\nwrote {path}" for path in (out, profile) if path is not None)
    say(text, {**report.to_dict(), "out": out, "profile": profile}, as_json)


@app.command()
def train(
    data: Annotated[Path, typer.Argument(help="Label file or outcome table.")],
    router: Annotated[str, typer.Option(help="Router kind.")],
    out: Annotated[Path, typer.Option(help="Bundle: a folder, or a file that ends in .zip.")],
    encoder: Encoder = "tfidf",
    label: Annotated[str | None, typer.Option(help="Label column.")] = None,
    param: Annotated[
        list[str] | None, typer.Option(help="Parameter of the kind as NAME=VALUE, such as k=5.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Fit a router and save it as a bundle."""
    from routelab.exporters import save_bundle
    from routelab.outcomes import OutcomeTable
    from routelab.routers import make_router

    table = _read_data(data, label)
    estimator = make_router(router, encoder=encoder, **named_values(param or []))
    if isinstance(table, OutcomeTable):
        estimator.fit(table.prompts, table)
        prompts, learnt = len(table.prompts), f"{len(table.models)} models"
    else:
        table, held_out = _published_split(table)
        estimator.fit(table["prompt"].tolist(), table["label"].tolist())
        prompts, learnt = len(table), f"{table['label'].nunique()} labels"
        learnt += "" if held_out is None else " (the file's train part)"
    save_bundle(out, router=estimator, force=force)
    text = f"fitted {router!r} on {prompts:,} prompts and {learnt}; wrote {out}"
    say(text, {"router": router, "prompts": prompts, "out": out}, as_json)


@app.command()
def route(
    bundle: Annotated[Path, typer.Argument(help="Bundle, or plan YAML.")],
    prompt: Annotated[list[str] | None, typer.Argument(help="Prompts.")] = None,
    file: Annotated[Path | None, typer.Option(help="One prompt per line.")] = None,
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
        from routelab._checks import existing_file

        text = existing_file(file, "prompt file").read_text(encoding="utf-8")
        prompts += [line for line in text.split("\n") if line.strip()]
    if not prompts:
        raise InputError("no prompts: give them as arguments or with --file")
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


@app.command()
def compare(
    data: Annotated[Path, typer.Argument(help="Label file or outcome table.")],
    router: Annotated[list[str] | None, typer.Option(help="Router kind; repeat for more.")] = None,
    encoder: Encoder = "tfidf",
    label: Annotated[str | None, typer.Option(help="Label column.")] = None,
    test: Annotated[Path | None, typer.Option(help="Judge on this file instead of folds.")] = None,
    cv: Annotated[int, typer.Option(help="Folds.")] = 5,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples.")] = 2000,
    exclude: Annotated[
        list[Path] | None, typer.Option(help="List of contaminated prompts to leave out.")
    ] = None,
    near: Annotated[
        bool, typer.Option("--group-near", help="Keep near-duplicate prompts in one fold.")
    ] = False,
    worthwhile: Annotated[
        float | None,
        typer.Option(help="Smallest gain worth having; by default a tenth of what is possible."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the comparison and its report.")
    ] = None,
    show_prompts: Annotated[
        bool, typer.Option("--show-prompts", help="List errors with their prompts in the report.")
    ] = False,
    force: Force = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Compare routers with controls, intervals and a verdict."""
    from routelab.evaluate import compare as run_compare
    from routelab.outcomes import OutcomeTable

    table = _read_data(data, label)
    held_out = _read_data(test, label) if test is not None else None
    if held_out is None and not isinstance(table, OutcomeTable):
        table, held_out = _published_split(table)
    default = ["outcome-knn", "outcome-linear"]
    if not isinstance(table, OutcomeTable):
        default = ["centroid", "knn", "linear"]
    kinds = list(router or default)
    show = progress_bar("compare")
    result = run_compare(
        kinds,
        table,
        test=held_out,
        cv=cv,
        seed=seed,
        n_boot=resamples,
        encoder=encoder,
        worthwhile=worthwhile,
        exclude=exclude or (),
        groups="near" if near else None,
        progress=show,
    )
    if out is not None:
        result.save(out, force=force)
        from routelab.report import write_report

        write_report(
            out / "report.html",
            comparisons=(result,),
            prompts=result.prompts if show_prompts else None,
            title=f"Comparison on {data.name}",
        )
    table_json = json.loads(result.table.to_json(orient="records"))
    answer = {
        "n": result.n,
        "table": table_json,
        "verdicts": result.verdicts,
        "alarms": [str(alarm) for alarm in result.alarms],
        "slices": json.loads(result.slices.to_json(orient="records")),
        "notes": result.notes,
    }
    say(str(result), answer, as_json)


def _published_split(table: Any) -> tuple[Any, Any]:
    """Use the file's own train and test parts when it has them; out-of-scope rows stay out."""
    if "split" not in table.columns or not {"train", "test"} <= set(table["split"]):
        return table, None
    return table[table["split"] == "train"], table[table["split"] == "test"]


@app.command()
def simulate(
    log: Annotated[Path, typer.Argument(help="Log, or traffic.parquet from 'read'.")],
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
    """Replay a plan on logged traffic: spend per day, share per model, failures."""
    from routelab.fits import Assumptions
    from routelab.outages import read_outages
    from routelab.report import write_report
    from routelab.simulation import simulate as run_simulate
    from routelab.simulation import simulate_file
    from routelab.traffic import read_log

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
    write_report(out / "report.html", replay=replay, title=f"{policy.name} on {log.name}")
    answer = {"summary": replay.summary, "notes": list(replay.notes), "out": out}
    answer["daily"] = json.loads(replay.daily.reset_index().to_json(orient="records"))
    say(f"{replay}\nwrote {out}", answer, as_json)


@app.command()
def verify(
    recording: Annotated[list[Path], typer.Argument(help="Recordings of the real gateway.")],
    as_json: Json = False,
) -> None:
    """Replay recordings of the real gateway: identical, or the first difference."""
    from routelab.simulation import verify_recording

    verdicts = [verify_recording(path) for path in recording]
    words = {True: "identical", False: "DIFFERS", None: "not covered"}
    lines = []
    for v in verdicts:
        told = f"{v.requests:,} requests, {v.attempts:,} attempts" if v.identical else v.message
        lines.append(f"{v.name:<42} {words[v.identical]:<12} {told}")
    same = sum(v.identical is True for v in verdicts)
    lines.append(f"{same} of {len(verdicts)} identical")
    data = [{"name": v.name, "identical": v.identical, "message": v.message} for v in verdicts]
    say("\n".join(lines), {"verdicts": data}, as_json)
    if same < len(verdicts):
        raise typer.Exit(1)


@app.command()
def export(
    plan: Annotated[Path, typer.Argument(help="Plan YAML or bundle.")],
    out: Annotated[Path, typer.Option(help="Folder for the exported files.")],
    target: Annotated[
        str, typer.Option(help="litellm, onnx, plan, python or semantic-router.")
    ] = "litellm",
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a plan for a gateway, and list what that gateway cannot carry."""
    from routelab.exporters import export as run_export

    result = run_export(plan_of(plan), target=target, directory=out, force=force)
    lines = [f"wrote {len(result.files)} files to {out}: {', '.join(map(str, result.files))}"]
    lines += [f"not carried: {item}" for item in result.not_carried]
    data = {"out": out, "files": [str(f) for f in result.files], "not_carried": result.not_carried}
    say("\n".join(lines), data, as_json)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
