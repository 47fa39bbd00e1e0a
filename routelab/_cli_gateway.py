"""The command that fits LiteLLM's own classifiers to labels or outcomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from routelab._checks import InputError
from routelab._cli_common import Force, Json, Seed, examples, say
from routelab._cli_inputs import Data, read_data

app = typer.Typer()


@app.command(
    epilog=examples("routelab tune-gateway labels.csv --tiers tiers.yaml --out config.yaml")
)
def tune_gateway(
    data: Data,
    out: Annotated[Path, typer.Option(help="LiteLLM config file with the tuned router.")],
    tiers: Annotated[
        Path | None,
        typer.Option(help="YAML: SIMPLE, MEDIUM, COMPLEX, REASONING to labels or models."),
    ] = None,
    classifier: Annotated[
        str, typer.Option(help="heuristic (score and keywords) or heuristic_v2 (table).")
    ] = "heuristic",
    part: Annotated[
        list[str] | None,
        typer.Option(help="boundaries, weights, keywords; repeat; default all."),
    ] = None,
    cost_weight: Annotated[
        float, typer.Option(help="Outcomes: quality given up to save a dollar.")
    ] = 0.0,
    config: Annotated[
        Path | None, typer.Option(help="YAML: complexity_router_config to begin with.")
    ] = None,
    name: Annotated[str, typer.Option(help="Model name of the router.")] = "smart",
    label: Annotated[str | None, typer.Option(help="Label column.")] = None,
    max_rules: Annotated[int, typer.Option(help="Most keywords.")] = 20,
    test_size: Annotated[float, typer.Option(help="Share of prompts held out.")] = 0.3,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples.")] = 2000,
    seed: Seed = 0,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Fit LiteLLM's own classifier.

    Exit code 1 where it is not better on prompts that were held out.
    """
    from routelab.gateway_fit import fit_heuristic, fit_table

    if classifier not in ("heuristic", "heuristic_v2"):
        raise InputError(f"--classifier must be heuristic or heuristic_v2, got {classifier!r}")
    if part and classifier == "heuristic_v2":
        raise InputError("--part belongs to the heuristic: heuristic_v2 has one table")
    prompts, target = _prompts_and_target(data, label)
    options: dict[str, Any] = {
        "tiers": _mapping(tiers, "tiers"),
        "config": _mapping(config, "config"),
        "cost_weight": cost_weight,
        "test_size": test_size,
        "n_boot": resamples,
        "seed": seed,
    }
    if classifier == "heuristic":
        options |= {"max_rules": max_rules} | ({"parts": part} if part else {})
        fit = fit_heuristic(prompts, target, **options)
    else:
        fit = fit_table(prompts, target, **options)
    fit.save(out, name=name, force=force)
    answer = {
        "verdict": fit.verdict,
        "sentences": list(fit.sentences),
        "n_train": fit.n_train,
        "n_test": fit.n_test,
        "figure": fit.figure,
        "report": json.loads(fit.report.reset_index().to_json(orient="records")),
        "notes": list(fit.notes),
        "out": out,
    }
    say(f"{fit}\nwrote {out}", answer, as_json)
    if fit.verdict != "better":
        raise typer.Exit(1)


def _prompts_and_target(path: Path, label: str | None) -> tuple[list[str], Any]:
    """Return the prompts, and the outcomes or labels that go with them."""
    from routelab.outcomes import OutcomeTable

    table = read_data(path, label)
    if isinstance(table, OutcomeTable):
        return table.prompts, table
    return table["prompt"].tolist(), table["label"].tolist()


def _mapping(path: Path | None, option: str) -> dict[str, Any] | None:
    """Read a YAML file that holds a mapping."""
    from routelab._yaml import read_yaml

    if path is None:
        return None
    found = read_yaml(path, f"--{option} file").data
    if not isinstance(found, dict):
        raise InputError(f"{path}: --{option} must hold a mapping, got {type(found).__name__}")
    return found
