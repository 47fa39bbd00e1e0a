"""The command ``off-policy``: what another policy would have reached on a randomised log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from routelab._checks import InputError
from routelab._cli_common import Json, Seed, examples, plan_of, read_table, say
from routelab._cli_inputs import file_argument

app = typer.Typer()


@app.command(
    "off-policy",
    epilog=examples(
        "routelab off-policy log.csv --policy small",
        "routelab off-policy log.csv --policy shares.yaml --unit user --picture overlap.png",
    ),
)
def off_policy(
    log: Annotated[Path, file_argument("CSV, JSONL or Parquet, one row per decision")],
    policy: Annotated[
        str, typer.Option(help="A model, a YAML file of shares per model, or a bundle.")
    ],
    quality: Annotated[str, typer.Option(help="Column of the quality.")] = "quality",
    cost: Annotated[str, typer.Option(help="Column of the cost in USD.")] = "cost_usd",
    propensity: Annotated[
        str, typer.Option(help="Column of the chosen model's probability, or 'estimate'.")
    ] = "propensity",
    model: Annotated[str, typer.Option(help="Column of the chosen model.")] = "model",
    prompt: Annotated[str, typer.Option(help="Column of the prompt.")] = "prompt",
    unit: Annotated[
        str | None, typer.Option(help="Column of what is independent, such as user.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(help="Plan whose A/B split made the choices; policy: its arms.")
    ] = None,
    outcome_model: Annotated[
        str | None, typer.Option(help="Such as outcome-linear; default: mean per model.")
    ] = None,
    clip: Annotated[
        str, typer.Option(help="Truncate weights above this number; sqrt (of n) or none.")
    ] = "sqrt",
    switch: Annotated[
        str, typer.Option(help="Switch-DR leaves weights above this to the model; or sqrt.")
    ] = "sqrt",
    min_ess: Annotated[float, typer.Option(help="Least effective sample size.")] = 30,
    picture: Annotated[
        Path | None, typer.Option(help="PNG of the overlap of policy and log.")
    ] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Estimate another policy from a log of random choices.

    Its quality and its cost.
    """
    from routelab.off_policy import evaluate_policy

    texts = [name for name in (model, prompt, unit, "arm") if name is not None]
    frame = read_table(log, texts)
    result = evaluate_policy(
        frame,
        _policy(policy, frame, prompt),
        quality=quality,
        cost=cost,
        propensity=propensity,
        model=model,
        prompt=prompt,
        unit=unit,
        split=None if plan is None else plan_of(plan),
        outcome_model=outcome_model,
        clip=_weight(clip, "--clip"),
        switch=_weight(switch, "--switch"),
        min_ess=min_ess,
        seed=seed,
    )
    if picture is not None:
        from routelab import plots
        from routelab._checks import atomic_file

        fig, (ax,) = plots.figure(7, 3.4)
        plots.overlap(result, ax)
        with atomic_file(picture) as target:
            target.write_bytes(plots.png(fig))
    say(str(result), result.summary, as_json)


def _policy(given: str, frame: Any, prompt: str) -> Any:
    """Return a model, the shares of a YAML file, or what the router of a bundle chooses."""
    path = Path(given)
    if path.suffix in (".yaml", ".yml"):
        return _shares(path)
    if not path.exists() and path.suffix != ".zip":
        return given
    import numpy as np

    from routelab.decisions import route_decisions

    if prompt not in frame.columns or frame[prompt].isna().any():
        raise InputError(f"a bundle reads prompts: column {prompt!r} is missing or has gaps")
    decisions = route_decisions(given, frame[prompt].astype(str).tolist())
    chosen = [d["route"] if d["group"] is None else d["group"] for d in decisions]
    return np.array(chosen, object)


def _shares(path: Path) -> dict[str, Any]:
    from routelab._yaml import read_yaml

    document = read_yaml(path, "policy")
    if not isinstance(document.data, dict):
        raise InputError(f"{path}: a policy is a mapping of models to shares, such as 'small: 0.8'")
    return {str(name): share for name, share in document.data.items()}


def _weight(text: str, option: str) -> Any:
    if text == "none" and option == "--clip":
        return None
    if text == "sqrt":
        return "sqrt"
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{option}: {text!r} is no number, nor sqrt") from None
