"""Commands about labels: let a model judge, and plan how many are needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from routelab._checks import InputError, atomic_file
from routelab._cli_common import Json, examples, progress_bar, say, tell
from routelab._cli_inputs import STANDARD_INPUT, file_argument, read_prompts

app = typer.Typer()


@app.command(
    epilog=examples(
        "routelab judge prompts.csv --labels easy,hard --model openai/gpt-4o-mini \\",
        "  --max-usd 2 --out labels.csv --estimate",
    )
)
def judge(
    file: Annotated[
        Path,
        typer.Argument(
            help="Prompts: a table with a prompt column, .txt with one a line, a log, or -."
        ),
    ],
    labels: Annotated[str, typer.Option(help="Labels to choose from, parted by commas.")],
    model: Annotated[str, typer.Option(help="LiteLLM's name of the judge.")],
    max_usd: Annotated[float, typer.Option(help="No call may bring the run above this.")],
    out: Annotated[Path, typer.Option(help="CSV of prompts and labels.")],
    cache: Annotated[Path, typer.Option(help="JSONL of answers.")] = Path("judge.jsonl"),
    limit: Annotated[int | None, typer.Option(help="At most so many prompts.")] = None,
    instructions: Annotated[str, typer.Option(help="What the labels mean.")] = "",
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say the cost.")] = False,
    as_json: Json = False,
) -> None:
    """Let a language model label prompts, within a budget."""
    from routelab.labelling import judge_labels
    from routelab.labelling.judge import Estimate

    if not max_usd > 0:  # the estimate asks nobody, so the budget is not looked at there
        raise InputError(f"--max-usd must be above 0, got {max_usd:g}")
    prompts = _prompts(file)[:limit]
    names = [name.strip() for name in labels.split(",") if name.strip()]
    options = {"max_usd": max_usd, "cache": cache, "instructions": instructions}
    expected = judge_labels(prompts, names, model, estimate=True, **options)  # type: ignore[arg-type]
    assert isinstance(expected, Estimate)
    if estimate:
        say(str(expected), {"calls": expected.calls, "usd": expected.usd}, as_json)
        return
    tell(str(expected))
    result = judge_labels(prompts, names, model, progress=progress_bar("judge"), **options)  # type: ignore[arg-type]
    assert not isinstance(result, Estimate)
    with atomic_file(out) as temporary:
        result.frame.to_csv(temporary, index=False)
    data = {"labels": len(result.frame), "usd": result.spending.usd, "out": out,
            "invalid": len(result.invalid), "stopped": result.spending.stopped}  # fmt: skip
    say(f"{result}\nwrote {out}", data, as_json)


@app.command(epilog=examples("routelab plan-labels pilot.csv --models small,large --delta 0.03"))
def plan_labels(
    outcomes: Annotated[Path, file_argument("Outcome table of a pilot")],
    models: Annotated[str, typer.Option(help="The two to compare, parted by a comma.")],
    delta: Annotated[float | None, typer.Option(help="The difference that matters.")] = None,
    power: Annotated[float, typer.Option(help="Probability to find it.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Two-sided error.")] = 0.05,
    picture: Annotated[Path | None, typer.Option(help="PNG: what more labels would find.")] = None,
    as_json: Json = False,
) -> None:
    """Say how many labels decide which of two models is better."""
    from routelab import plots, read_outcomes
    from routelab.labelling import plan_labels as run_plan

    table = read_outcomes(outcomes)
    names = [name.strip() for name in models.split(",")]
    for name in names:
        if name not in table.models:
            raise InputError(f"no model {name!r} in the outcomes: {', '.join(table.models)}")
    if len(names) != 2:
        raise InputError(f"--models names two models, got {len(names)}")
    one, two = (table.quality[:, table.models.index(name)] for name in names)
    plan = run_plan(one, two, delta=delta, power=power, alpha=alpha)
    text = str(plan)
    if picture is not None:
        fig, axes = plots.figure()
        plots.label_plan(plan, axes[0])
        with atomic_file(picture) as temporary:
            temporary.write_bytes(plots.png(fig, dpi=150))
        text += f"\nwrote {picture}"
    say(text, {"needed": plan.needed, "have": plan.have, "delta": plan.delta}, as_json)


def _prompts(file: Path) -> list[str]:
    """Return the prompts of a table, a label set, a log, or the lines of a text, each once."""
    from routelab.labels.readers._base import PROMPT_NAMES, usual
    from routelab.read_any import read
    from routelab.reading.files import read_rows

    if file.suffix == ".txt" or str(file) in STANDARD_INPUT:
        return list(dict.fromkeys(read_prompts(file)))
    rows = read_rows(file, what="file of prompts")
    column = usual(rows, PROMPT_NAMES)
    if column is not None:  # nobody has labelled them yet: no label set, no log
        prompts = rows.column(column)
    else:
        found = read(file)
        if found.kind not in ("labels", "traffic", "decisions"):
            raise InputError(f"{file}: there are no prompts in it ({found.kind})")
        prompts = found.data["prompt"]
    texts = [str(text) for text in prompts if isinstance(text, str) and text.strip()]
    if not texts:
        raise InputError(f"{file}: there is not one prompt in it")
    return list(dict.fromkeys(texts))
