"""The command group ``ab``: the size of an A/B test, and what it found."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from routelab._checks import InputError
from routelab._cli_common import Json, examples, plan_of, read_table, say
from routelab._cli_inputs import file_argument

app = typer.Typer(help="A/B tests: how long to run one, and what it found.", no_args_is_help=True)

Alpha = Annotated[float, typer.Option(help="Level of the test.")]


@app.command(epilog=examples("routelab ab plan --baseline 0.8 --effect 0.02 --units-per-day 500"))
def plan(
    baseline: Annotated[float, typer.Option(help="The control's mean, or its rate.")],
    effect: Annotated[float, typer.Option(help="Smallest difference worth finding, with sign.")],
    kind: Annotated[str, typer.Option(help="binary, continuous or ratio.")] = "binary",
    sd: Annotated[
        float | None, typer.Option(help="Standard deviation of one unit; not for plain binary.")
    ] = None,
    alpha: Alpha = 0.05,
    power: Annotated[float, typer.Option(help="Chance to find the effect.")] = 0.8,
    shares: Annotated[str, typer.Option(help="Of control and arms: 0.5,0.5.")] = "0.5,0.5",
    units_per_day: Annotated[
        float | None, typer.Option(help="New units a day, all arms together.")
    ] = None,
    sequential: Annotated[
        bool, typer.Option("--sequential", help="For a test that is looked at every day.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say how many units and days an A/B test needs."""
    from routelab.experiments import plan_split

    result = plan_split(
        baseline=baseline,
        effect=effect,
        kind=cast(Any, kind),
        sd=sd,
        alpha=alpha,
        power=power,
        shares=[_number(part, "--shares") for part in shares.split(",")],
        units_per_day=units_per_day,
        design="sequential" if sequential else "fixed",
    )
    say(str(result), {**asdict(result), "total": result.total}, as_json)


@app.command(
    epilog=examples(
        "routelab ab analyse requests.csv --metric quality --unit user",
        "routelab ab analyse requests.csv --metric solved --kind binary --plan plan.yaml",
    )
)
def analyse(
    file: Annotated[Path, file_argument("CSV, JSONL or Parquet, one row per request")],
    metric: Annotated[str, typer.Option(help="Column of the outcome.")],
    kind: Annotated[str, typer.Option(help="binary, continuous or ratio.")] = "continuous",
    unit: Annotated[
        str | None, typer.Option(help="Column of the unit of the split, such as user.")
    ] = None,
    arm: Annotated[str, typer.Option(help="Column of the arm.")] = "arm",
    control: Annotated[str | None, typer.Option(help="The control; default: control.")] = None,
    denominator: Annotated[
        str | None, typer.Option(help="Column that divides a ratio; default: requests.")
    ] = None,
    alpha: Alpha = 0.05,
    sequential: Annotated[
        bool, typer.Option("--sequential", help="Intervals that hold at every look.")
    ] = False,
    tuned_for: Annotated[
        int, typer.Option(help="Sequential: units at which the interval is narrowest.")
    ] = 10_000,
    shares: Annotated[
        str | None, typer.Option(help="Expected shares: control=0.5,treatment=0.5.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(help="Plan whose split gives the expected shares.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the arms of an A/B test; exit code 1 when the sample ratio is wrong."""
    from routelab.experiments import analyse_split

    expected = _expected(shares, plan)
    result = analyse_split(
        read_table(file, [name for name in (unit, arm) if name is not None]),
        metric,
        unit=unit,
        arm=arm,
        control=control,
        kind=cast(Any, kind),
        denominator=denominator,
        alpha=alpha,
        method="sequential" if sequential else "fixed",
        tuned_for=tuned_for,
        expected_shares=expected,
    )
    say(str(result), result.summary, as_json)
    if result.sample_ratio is not None and result.sample_ratio.alarm:
        raise typer.Exit(1)


def _number(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{option}: {text!r} is not a number") from None


def _expected(shares: str | None, plan: Path | None) -> dict[str, float] | None:
    if shares is not None and plan is not None:
        raise InputError("give --shares or --plan, not both")
    if plan is not None:
        split = plan_of(plan).split
        if split is None:
            raise InputError(f"the plan {str(plan)!r} has no split")
        return {name: arm.share for name, arm in split.arms.items()}
    if shares is None:
        return None
    pairs = [part.partition("=") for part in shares.split(",")]
    if not all(sign for _, sign, _ in pairs):
        raise InputError(f"--shares must look like control=0.5,treatment=0.5, got {shares!r}")
    return {name.strip(): _number(value, "--shares") for name, _, value in pairs}
