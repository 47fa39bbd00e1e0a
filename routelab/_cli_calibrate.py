"""The command that tunes the setting of a fitted router to a target."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from routelab._checks import InputError
from routelab._cli_common import Force, Json, Seed, examples, say, tell
from routelab._cli_inputs import tell_rejects

app = typer.Typer()


@app.command(
    epilog=examples(
        "routelab calibrate router.zip --on log.csv --target usd_per_day=25 --out tuned.zip",
        'routelab calibrate router.zip --on outcomes.csv --target "quality>=0.9"',
    )
)
def calibrate(
    bundle: Annotated[Path, typer.Argument(help="Bundle with a fitted router.")],
    on: Annotated[
        Path,
        typer.Option(help="Outcomes, labels or traffic that the router has not learnt from."),
    ],
    target: Annotated[
        str,
        typer.Option(help='"usd_per_day=25", "quality>=0.9", "strong_share=0.3", "precision>=.95"'),
    ],
    out: Annotated[Path | None, typer.Option(help="Bundle for the tuned router.")] = None,
    strong: Annotated[str | None, typer.Option(help="Strong answer; default: the dearest.")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Answer of the router as ANSWER=MODEL of the outcomes or the catalog."),
    ] = None,
    catalog: Annotated[Path | None, typer.Option(help="Prices for traffic, YAML.")] = None,
    requests_per_day: Annotated[
        float | None, typer.Option(help="For usd_per_day on outcomes.")
    ] = None,
    share: Annotated[float, typer.Option(help="Share of the data that fits.")] = 0.5,
    margin: Annotated[float, typer.Option(help="Stay this far on the target's safe side.")] = 0.0,
    label: Annotated[str | None, typer.Option(help="Label column.")] = None,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples.")] = 2000,
    force: Force = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Tune a router's setting to a target on one part of the data; report it on the other.

    Exit code 1: the target is not met, not resolved, or refused.
    """
    from routelab.catalog import Catalog
    from routelab.evaluate import TargetRefused
    from routelab.evaluate import calibrate as run_calibrate
    from routelab.exporters import load_bundle, save_bundle
    from routelab.routers import answers_of

    if out is not None and out.exists() and not force:
        raise InputError(f"{str(out)!r} exists already; name another bundle or pass --force")
    loaded = load_bundle(bundle)
    if loaded.router is None:
        raise InputError(f"the bundle {str(bundle)!r} holds no router")
    kind, data = _read(on, label)
    models = _named(model or [])
    prices = Catalog.from_yaml(catalog) if catalog is not None else None
    if kind == "traffic" and loaded.plan is None and not models:
        answers = list(map(str, answers_of(loaded.router)))
        raise InputError(
            f"the router answers {', '.join(answers)}, and traffic says of none which model that "
            f"is: name one of the catalog for each (--model {answers[0]}=MODEL ...), or calibrate "
            "a bundle that holds a plan"
        )
    if kind == "traffic" and loaded.plan is not None:
        prices = loaded.plan.catalog if prices is None else prices
        models = models or _models_of(loaded.plan, loaded.router)
    try:
        found = run_calibrate(
            loaded.router,
            data,
            target,
            strong=strong,
            models=models,
            catalog=prices,
            requests_per_day=requests_per_day,
            share=share,
            margin=margin,
            seed=seed,
            n_boot=resamples,
        )
    except TargetRefused as refused:
        text = f"refused: {refused}"
        answer = {"target": target, "met": None, "verdict": text, "needed": refused.needed}
        say(text, answer | {"out": None}, as_json)
        raise typer.Exit(1) from None
    text = str(found)
    if out is not None:
        save_bundle(out, plan=loaded.plan, router=found.router, force=force)
        text += f"\nwrote {out}"
    say(text, {**found.to_dict(), "needed": None, "out": out}, as_json)
    if not found.met:
        raise typer.Exit(1)


def _named(given: list[str]) -> dict[str, str]:
    """Return the pairs written as ANSWER=MODEL."""
    models = {}
    for text in given:
        answer, equals, name = text.partition("=")
        if not (answer and equals and name):
            raise InputError(f"--model takes ANSWER=MODEL, such as high=gpt-4o, got {text!r}")
        models[answer] = name
    return models


def _read(path: Path, label: str | None) -> tuple[str, Any]:
    """Return kind and data of a file; of labels with published parts all but the train part."""
    from routelab.labels import read_labels
    from routelab.read_any import read

    if label is not None:
        kind, data = "labels", read_labels(path, label)
        account = data.attrs["report"]
    else:
        found = read(path)
        kind, data, account = found.kind, found.data, found.report.to_dict()
    tell_rejects(account)
    if kind not in ("outcomes", "labels", "traffic"):
        raise InputError(f"{str(path)!r} holds {kind}: calibrate takes outcomes, labels or traffic")
    if kind == "labels" and "split" in data.columns:
        learnt = data["split"].astype(str).str.contains("train")
        if learnt.any() and not learnt.all():
            tell(f"{learnt.sum()} rows of the file's train part left out")
            data = data[~learnt]
    return kind, data


def _models_of(plan: Any, router: Any) -> dict[str, str]:
    """Return the catalog's model behind each answer of the router, by the plan's routes."""
    from routelab.decide import group_of_route
    from routelab.routers import answers_of

    models = {}
    for answer in map(str, answers_of(router)):
        group = group_of_route(plan, answer)
        used = [plan.model_of(deployment) for deployment in plan.models.get(group, ())]
        prices = {
            (m.input_usd_per_mtok, m.output_usd_per_mtok, m.cached_input_usd_per_mtok) for m in used
        }
        if len(prices) != 1:
            what = "has models of different prices" if used else "is no group of the plan"
            raise InputError(f"{group!r} {what}: name the one to price by --model {answer}=MODEL")
        models[answer] = used[0].name
    return models
