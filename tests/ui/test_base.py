"""The parts that panels are made of."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest
from PIL import Image

from routelab import plots
from routelab._checks import InputError
from routelab._html import esc, table
from routelab.ui._base import Panel
from routelab.ui._parts import Facts, Status, guarded, number
from routelab.ui._picture import LivePlot, Picture, beside, compact, side_by_side, stacked


def test_status_and_facts_are_escaped():
    status, facts = Status(), Facts()
    status.ok("<b>")
    assert status.text == "<b>" and "<b>" not in status.value and 'role="status"' in status.value
    status.error("<i>")
    assert "<i>" not in status.value and 'role="alert"' in status.value
    facts.show({"<u>": "<s>"})
    assert "<u>" not in facts.value and "<s>" not in facts.value


def test_an_exception_in_a_callback_is_shown_beside_the_control():
    status = Status()

    @guarded(status)
    def fails(error):
        raise error

    fails(InputError("the budget must be above 0"))
    assert status.text == "the budget must be above 0"
    fails(KeyError("x"))
    assert status.text == "KeyError: 'x'"


def test_tables_are_escaped_and_numbers_are_right_aligned():
    text = table(["<a>", "n"], [["<img>", "1.5"]], "<caption>")
    assert "<img>" not in text and "<a>" not in text and "&lt;caption&gt;" in text
    assert '<td class="n">1.5</td>' in text and "<td>&lt;img&gt;</td>" in text
    assert esc("a\x00\x1b[31mb\n") == "a[31mb\n"


def test_number_field_and_slider_follow_each_other():
    field, row = number("Budget, USD", 2.0, 0.5, 10.0, 0.5)
    slider = row.children[1]
    assert field.description == "Budget, USD"
    slider.value = 5.999999999999
    assert field.value == 6.0
    field.value = 3.5
    assert slider.value == 3.5


def test_live_plot_draws_only_what_moves_and_gives_the_same_bytes_for_the_same_state():
    fig, (ax,) = plots.figure(4, 2)
    (line,) = ax.plot([0, 1], [0, 1])
    plot = LivePlot(fig, [line])
    seen = []
    for end in (1, 0.5, 1):
        plot.clear()
        plot.show(ax.plot([0, 1], [0, end], color="black"))
        seen.append(plot.value)
    assert seen[0] == seen[2] != seen[1]


def test_pictures_are_png_of_the_announced_width_and_compact_keeps_the_size():
    fig, _ = plots.figure(4, 2, dpi=100)
    picture = Picture(4)
    picture.paint(fig)
    small = Image.open(io.BytesIO(compact(picture.value)))
    assert small.format == "PNG" and small.size == (400, 200) == (picture.width_px, 200)


def test_a_picture_is_called_like_its_chart_also_when_it_comes_back():
    picture, kept = Picture(4), {}
    assert picture.title == ""
    fig, (ax,) = plots.figure(4, 2, dpi=100)
    for name in ("Accuracy", "Recall"):
        ax.set_title(name, loc="left")
        picture.paint(fig)
        assert picture.title == name
        kept[name] = picture.value
    picture.value = kept["Accuracy"]
    assert picture.title == "Accuracy"


def test_pictures_stand_beside_or_below_each_other_and_share_a_row_of_the_page():
    pictures = [Picture(4), Picture(3)]
    for picture, height in zip(pictures, (2, 1), strict=True):
        picture.paint(plots.figure(picture.width_px / 100, height, dpi=100)[0])
    pngs = [picture.value for picture in pictures]
    sizes = [Image.open(io.BytesIO(sheet(pngs))).size for sheet in (beside, stacked)]
    assert sizes == [(700, 200), (400, 300)]
    row = side_by_side(*pictures)
    assert row.children == tuple(pictures) and row.layout.flex_flow == "row wrap"
    assert pictures[1].layout.max_width == "min(100%, 300px)"


@dataclass(frozen=True)
class Config:
    level: int = 1


class Doubled(Panel):
    def __init__(self):
        super().__init__(Config())
        self.level, row = number("Level", 1, 0, 9, 1)
        self.bind(self.level, "level")
        self.begin(row)

    def compute(self, config):
        if config.level == 7:
            raise InputError("7 is taken")
        return config.level * 2

    def draw(self, result):
        return f"twice {self.config.level} is {result}"


def test_a_panel_computes_when_a_control_moves():
    panel = Doubled()
    panel.level.value = 4
    assert (panel.config, panel.result) == (Config(4), 8)
    assert panel.status.text == "twice 4 is 8"


def test_a_refused_value_is_taken_back_and_the_reason_shown():
    panel = Doubled()
    panel.level.value = 7
    assert panel.level.value == 1 and panel.config == Config(1) and panel.result == 2
    assert panel.status.text == "7 is taken"


def test_a_panel_without_a_picture_falls_back_to_text():
    data, metadata = Doubled()._repr_mimebundle_()
    assert data["text/plain"] == "Config(level=1)\ntwice 1 is 2"
    assert "application/vnd.jupyter.widget-view+json" in data and metadata == {}


def test_the_base_panel_leaves_computing_and_drawing_to_its_kinds():
    panel = Panel(Config())
    with pytest.raises(NotImplementedError):
        panel.compute(panel.config)
    with pytest.raises(NotImplementedError):
        panel.draw(None)
    with pytest.raises(NotImplementedError):
        panel.as_code()


def test_a_slider_that_stands_on_the_nearest_step_leaves_the_number_alone():
    from routelab.ui._parts import number

    box, row = number("USD", 5.0, 0.5, 20.0, 0.5)
    box.value = 7.4
    assert row.children[1].value == 7.5  # where a browser would put it
    assert box.value == 7.4
    row.children[1].value = 8.0  # what a hand does
    assert box.value == 8.0
