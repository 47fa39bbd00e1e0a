"""The errors of one router, ten at a time: which class, which answer, which words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as w
import pandas as pd

from routelab._html import esc, table
from routelab.plots._style import short
from routelab.ui._compare_views import scrolling
from routelab.ui._parts import BoundedWholeText

PAGE = 10
PROMPT_SHOWN = 160


def matching(
    errors: pd.DataFrame,
    truth: str | None = None,
    answered: str | None = None,
    search: str = "",
    prompts: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the errors of a true class, with an answer, whose prompt holds a text.

    Parameters
    ----------
    errors : DataFrame
        Columns `prompt` (row number), `truth`, `answer`.
    truth, answered : str, optional
    search : str, default ""
        In any case; nothing matches where there are no prompts.
    prompts : sequence of str, optional

    Examples
    --------
    >>> errors = pd.DataFrame({"prompt": [0, 1], "truth": ["a", "b"], "answer": ["b", "a"]})
    >>> matching(errors, search="SUN", prompts=["the sun", "rain"])["prompt"].tolist()
    [0]
    """
    keep = pd.Series(True, index=errors.index)
    if truth is not None:
        keep &= errors["truth"] == truth
    if answered is not None:
        keep &= errors["answer"] == answered
    wanted = search.strip().casefold()
    if wanted:
        texts = [""] * (1 + int(errors["prompt"].max() if len(errors) else 0))
        texts = list(prompts) if prompts is not None else texts
        keep &= pd.Series([wanted in texts[i].casefold() for i in errors["prompt"]], errors.index)
    return errors[keep.astype(bool)]


class ErrorsView(w.VBox):
    """The list with its filters.

    Parameters
    ----------
    prompts : sequence of str, optional
        Shown with `show_prompts`; else only their lengths.
    show_prompts : bool
    labels : bool
        Whether the comparison is of labels; of outcomes a row tells what was lost.

    Attributes
    ----------
    answered : Dropdown
    search : Text
    page : BoundedWholeText
    """

    def __init__(self, prompts: Sequence[str] | None, show_prompts: bool, labels: bool):
        self._prompts, self._labels = prompts, labels
        self._shown = show_prompts and prompts is not None
        wide = {"description_width": "90px"}
        self.answered = w.Dropdown(
            description="Answered", style=wide, layout=w.Layout(width="300px")
        )
        self.search = w.Text(
            description="Text holds", style=wide, layout=w.Layout(width="300px"),
            placeholder="any text", continuous_update=True,
        )  # fmt: skip
        self.page = BoundedWholeText(
            1, min=1, max=1, step=1, description="Page", style=wide, layout=w.Layout(width="170px")
        )
        self.back = w.Button(description="Previous", layout=w.Layout(width="auto"),
                             tooltip="Ten errors back")  # fmt: skip
        self.on = w.Button(description="Next", layout=w.Layout(width="auto"),
                           tooltip="Ten errors on")  # fmt: skip
        self.list = w.HTML()
        wrap = w.Layout(flex_flow="row wrap", align_items="center")
        filters = [self.answered, *([self.search] if self._shown else [])]
        turning = w.HBox([self.page, self.back, self.on], layout=w.Layout(align_items="center"))
        row = w.HBox([*filters, turning], layout=wrap)
        super().__init__([row, self.list], layout=w.Layout(overflow="hidden"))

    def on_page(self, turn: Callable[[int], object]) -> None:
        """Call ``turn(-1)`` or ``turn(1)`` when a button is pressed."""
        self.back.on_click(lambda _: turn(-1))
        self.on.on_click(lambda _: turn(1))

    @property
    def prompts(self) -> Sequence[str] | None:
        """The prompts that may be searched."""
        return self._prompts if self._shown else None

    def prompts_of(self, prompts: Sequence[str] | None) -> None:
        """Take the prompts of another comparison."""
        self._prompts = prompts

    def offer(self, answers: Sequence[str], every: str) -> None:
        """Offer these answers to filter by."""
        self.answered.options = [(every, every), *((short(name, 40), name) for name in answers)]

    def show(self, found: pd.DataFrame, page: int, about: str, height: float) -> int:
        """Show a page of errors, the last one where there are fewer; return its number.

        Parameters
        ----------
        found : DataFrame
        page : int
        about : str
            Which errors these are.
        height : float
            Pixels of the list, which scrolls: another page moves nothing.
        """
        pages = max(1, -(-len(found) // PAGE))
        page = min(max(1, page), pages)
        self.page.max, self.page.value = pages, page
        self.back.disabled, self.on.disabled = page == 1, page == pages
        rows = [self._row(row) for row in found.iloc[(page - 1) * PAGE : page * PAGE].itertuples()]
        head = (
            ["prompt", "truth", "answer", "score", "text"]
            if self._labels
            else ["prompt", "best", "chosen", "quality lost", "text"]
        )
        counted = f"{len(found):,} errors: {about}; page {page} of {pages}"
        if not len(found):
            counted = f"no errors: {about}"
        shown = table(head, rows) if rows else ""
        listed = f'<p role="status">{esc(counted)}</p><div style="min-width:36em">{shown}</div>'
        self.list.value = scrolling("Errors", listed, f"height:{height:.0f}px")
        return page

    def _row(self, row: object) -> list[str]:
        number, score = int(row.prompt), float(row.score)  # type: ignore[attr-defined]
        text = "–"
        if self._prompts is not None:
            prompt = self._prompts[number]
            text = short(prompt, PROMPT_SHOWN) if self._shown else f"{len(prompt):,} characters"
        return [
            f"{number:,}", short(row.truth, 60), short(row.answer, 60),  # type: ignore[attr-defined]
            "–" if score != score else f"{score:.2f}", text,
        ]  # fmt: skip
