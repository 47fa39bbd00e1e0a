"""The command ``train``: fit a router and keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from routelab._cli_common import Encoder, Force, Json, RouterKind, examples, named_values, say
from routelab._cli_inputs import Data, published_split, read_data

app = typer.Typer()


@app.command(
    epilog=examples(
        "routelab train bundled:prompts.csv --router linear --label route --out router.zip",
        "routelab train labels.csv --router knn --param k=5 --out router.zip",
    )
)
def train(
    data: Data,
    router: RouterKind,
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

    table = read_data(data, label)
    estimator = make_router(router, encoder=encoder, **named_values(param or []))
    if isinstance(table, OutcomeTable):
        estimator.fit(table.prompts, table)
        prompts, learnt = len(table.prompts), f"{len(table.models)} models"
    else:
        table, held_out = published_split(table)
        estimator.fit(table["prompt"].tolist(), table["label"].tolist())
        prompts, learnt = len(table), f"{table['label'].nunique()} labels"
        learnt += "" if held_out is None else " (the file's train part)"
    save_bundle(out, router=estimator, force=force)
    text = f"fitted {router!r} on {prompts:,} prompts and {learnt}; wrote {out}"
    say(text, {"router": router, "prompts": prompts, "out": out}, as_json)
