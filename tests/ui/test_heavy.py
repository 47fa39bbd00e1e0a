"""Settings that take long: progress at once, cancel, the newest win, no picture of older ones."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from routelab._checks import InputError
from routelab.ui import PlanChoice, RouterChoice, Session
from routelab.ui._base import Panel
from routelab.ui._code import Recipe
from routelab.ui._parts import number


@dataclass(frozen=True)
class Config:
    level: int = 1


class Slow(Panel):
    """Levels from 3 take as long as the test likes."""

    def __init__(self, session=None):
        self.gates = {level: threading.Event() for level in range(10)}
        self.entered = {level: threading.Event() for level in range(10)}
        self.drawn = []
        super().__init__(Config(), session)
        self.level, row = number("Level", 1, 0, 9, 1)
        self.bind(self.level, "level")
        self.begin(row)

    def compute(self, config):
        return config.level * 2

    def heavy(self, config):
        return config.level >= 3

    def work(self, config, tell, cancelled):
        tell(f"level {config.level}: half way")
        self.entered[config.level].set()
        assert self.gates[config.level].wait(10)
        if config.level == 9:
            raise InputError("9 is too much")
        return super().work(config, tell, cancelled)

    def draw(self, result):
        self.drawn.append((self.config.level, result))
        return f"twice {self.config.level} is {result}"

    def recipe(self):
        return Recipe("slow()")


@pytest.fixture
def panel():
    panel = Slow()
    yield panel
    for gate in panel.gates.values():
        gate.set()
    panel.wait(10)


def test_progress_shows_at_once_and_the_picture_is_marked_until_it_is_right(panel):
    panel.level.value = 4
    assert panel.entered[4].wait(10)
    assert panel.status.text == "level 4: half way"
    assert panel.computing and "rl-computing" in panel._dom_classes
    assert not panel.tools.buttons["cancel"].disabled
    assert panel.result == 2  # of the settings before, and marked so
    panel.gates[4].set()
    panel.wait(10)
    assert (panel.result, panel.status.text) == (8, "twice 4 is 8")
    assert not panel.computing and "rl-computing" not in panel._dom_classes
    assert panel.tools.buttons["cancel"].disabled


def test_the_newest_settings_win_and_older_results_are_never_drawn(panel):
    panel.level.value = 4
    assert panel.entered[4].wait(10)
    panel.level.value = 5
    panel.level.value = 6
    panel.gates[6].set()
    panel.gates[4].set()
    panel.wait(10)
    assert panel.drawn == [(1, 2), (6, 12)] and not panel.entered[5].is_set()
    assert panel.level.value == panel.config.level == 6


def test_a_light_setting_overtakes_a_heavy_one(panel):
    panel.level.value = 4
    assert panel.entered[4].wait(10)
    panel.level.value = 2
    assert panel.result == 4 and not panel.computing
    panel.gates[4].set()
    panel.wait(10)
    assert panel.drawn == [(1, 2), (2, 4)]


def test_cancel_goes_back_to_the_settings_of_the_picture(panel):
    panel.level.value = 4
    assert panel.entered[4].wait(10)
    panel.tools.buttons["cancel"].click()
    assert panel.config == Config(1) and panel.level.value == 1 and not panel.computing
    assert panel.status.text.startswith("cancelled")
    panel.gates[4].set()
    panel.wait(10)
    assert panel.drawn == [(1, 2)]
    panel.cancel()  # with nothing to cancel
    assert panel.status.text.startswith("cancelled")


def test_an_error_goes_back_too_and_is_shown(panel):
    panel.level.value = 9
    panel.gates[9].set()
    panel.wait(10)
    assert panel.config == Config(1) and panel.level.value == 1 and not panel.computing
    assert panel.status.text == "9 is too much"


def test_the_error_of_settings_that_were_left_is_not_shown(panel):
    panel.level.value = 9
    assert panel.entered[9].wait(10)
    panel.level.value = 2
    panel.gates[9].set()
    panel.wait(10)
    assert panel.status.text == "twice 2 is 4"


def test_the_script_waits_for_what_is_heavy(panel):
    assert "wait" not in panel.as_code()
    panel.gates[4].set()
    panel.update(level=4)
    panel.wait(10)
    assert panel.as_code().endswith(
        "panel = slow()\npanel.update(level=4)\npanel.wait()\nprint(panel.status.text)\n"
    )


def test_a_touch_while_a_thread_draws_is_not_lost(panel):
    drawing, go_on = threading.Event(), threading.Event()
    draw = panel.draw

    def slow_draw(result):
        if result == 8:
            drawing.set()
            assert go_on.wait(10)
        return draw(result)

    panel.draw = slow_draw
    panel.gates[4].set()
    panel.level.value = 4
    assert drawing.wait(10)
    threading.Timer(0.05, go_on.set).start()
    panel.level.value = 2  # waits for the drawing, then counts
    panel.wait(10)
    assert panel.config == Config(2) and panel.level.value == 2 and panel.result == 4


def test_a_picture_that_cannot_be_drawn_leaves_settings_and_result(panel):
    panel.draw = lambda result: 1 / 0
    panel.level.value = 2
    assert panel.config == Config(1) and panel.level.value == 1 and panel.result == 2
    assert "ZeroDivisionError" in panel.status.text


def test_a_heavy_picture_that_cannot_be_drawn_goes_back_too(panel):
    panel.draw = lambda result: 1 / 0
    panel.gates[4].set()
    panel.level.value = 4
    panel.wait(10)
    assert panel.config == Config(1) and panel.level.value == 1 and not panel.computing
    assert "ZeroDivisionError" in panel.status.text


def test_a_panel_that_cannot_start_says_why():
    class Broken(Slow):
        def compute(self, config):
            raise InputError("no data")

    with pytest.raises(InputError, match="no data"):
        Broken()


def test_a_panel_follows_the_router_that_another_has_chosen():
    class Follower(Slow):
        def follow(self, session, section):
            self.level.value = {"router": 2, "plan": 1}[section]

    session = Session()
    panel = Follower(session)
    session.choose_router(RouterChoice("knn"))
    assert panel.result == 4
    session.choose_plan(PlanChoice("team"))
    assert panel.result == 2
