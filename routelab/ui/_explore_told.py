"""The explore panel in words: what was answered, and the script that makes the panel again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routelab._words import dollars
from routelab.plots._style import short
from routelab.ui._code import Recipe, file_line
from routelab.ui._explore_asked import Explored

if TYPE_CHECKING:
    from routelab.ui._explore_panel import ExplorePanel

CHARACTERS_PER_TOKEN = 4


def agreement(result: Explored) -> str:
    """Return who agrees, and what the label says.

    Examples
    --------
    >>> said = {"a": "low", "b": "low", "c": None}
    >>> agreement(Explored(said, {}, {}, {}, {}, {}, {}, (), 8, label="high"))
    '3 routers give 2 different answers; the label is high, 0 are right.'
    """
    if result.blank:
        return "Nothing is asked: pick or type a prompt."
    answers = list(result.answers.values())
    told = f"{len(answers)} routers give {len({*answers})} different answers"
    if len({*answers}) == 1:
        (answer,) = {*answers}
        says = "abstain" if answer is None else f"answer {short(answer)}"
        told = f"All {len(answers)} routers {says}"
        if len(answers) == 1:
            (name,) = result.answers
            says = "abstains" if answer is None else f"answers {short(answer)}"
            told = f"{short(name)} {says}"
    if result.label is not None:
        right = sum(answer == result.label for answer in answers)
        told += (
            f"; the label is {short(result.label)}, {right} {'is' if right == 1 else 'are'} right"
        )
    return f"{told}."


def cost(result: Explored, output_tokens: int) -> str:
    """Return what the request costs and what does not hold it.

    Examples
    --------
    >>> cost(Explored({}, {}, {}, {}, {}, {"m": 0.5, "n": 2.0}, {}, (), 1200), 10)
    'About 1,200 input tokens (4 characters each) and 10 output tokens cost $0.50 to $2.00.'
    """
    low, high = min(result.costs.values()), max(result.costs.values())
    told = (
        f"About {result.input_tokens:,} input tokens ({CHARACTERS_PER_TOKEN} characters each) and "
        f"{output_tokens:,} output tokens cost {dollars(low)} to {dollars(high)}."
    )
    if result.too_long:
        more = f" and {len(result.too_long) - 1} more" if len(result.too_long) > 1 else ""
        told += f" Longer than the window of {short(result.too_long[0])}{more}."
    return told


def recipe(panel: ExplorePanel) -> Recipe:
    """Return how a panel is made again: routers from their bundles, prompts from a table."""
    lines, made = [], []
    for number, name in enumerate(panel.routers):
        variable = f"router_{number + 1}"
        path = panel.files.get(name)
        line = file_line(variable, "rl.load_bundle({}).router", path, f"router {name!r}", name)
        lines.append(line)
        made.append(f"{name!r}: {variable}")
    lines.append(panel.file_line("prompts", "pd.read_csv({})", "the prompts"))
    if panel.plan is not None:
        lines.append(panel.file_line("plan", "rl.Plan.from_yaml({})", "the plan"))
    if panel.has_examples:
        lines.append(panel.file_line("labels", "rl.read_labels({})", "the labels"))
    plan = "plan=plan, " if panel.plan is not None else ""
    plan += "labels=labels, " if panel.has_examples else ""
    if panel.labels is not None:
        plan += f"add_to={str(panel.labels.file.path)!r}, "
    call = f"ui.explore({{{', '.join(made)}}}, prompts, {plan}show_prompts={panel.show_prompts})"
    return Recipe(call, tuple(lines), ("import pandas as pd",))
