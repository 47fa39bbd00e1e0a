"""The command ``compare``: routers side by side, with controls and intervals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from routelab._checks import check_free
from routelab._cli_common import (
    Encoder,
    Force,
    Json,
    RouterKinds,
    Seed,
    examples,
    progress_bar,
    say,
    typed,
)
from routelab._cli_inputs import Data, published_split, read_data

app = typer.Typer()


@app.command(
    epilog=examples(
        "routelab compare bundled:prompts.csv --label route --router centroid",
        "routelab compare outcomes.csv --router outcome-knn --out comparison",
    )
)
def compare(
    data: Data,
    router: RouterKinds = None,
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

    if out is not None:
        check_free(out, force=force)
    table = read_data(data, label)
    held_out = read_data(test, label) if test is not None else None
    if held_out is None and not isinstance(table, OutcomeTable):
        table, held_out = published_split(table)
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
            commands=[typed()],
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
