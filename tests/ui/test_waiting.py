"""What is told while nobody knows how long it takes."""

from __future__ import annotations

import time

import IPython
import ipywidgets as w
import pytest

from routelab.ui import _waiting as module
from routelab.ui._parts import Status
from routelab.ui._waiting import Waiting, in_cell


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "TICK_S", 0.01)


def test_steps_are_told_once_and_seconds_apart_from_them():
    status, bar, clock = Status(), w.IntProgress(), w.Label()
    told = []
    status.observe(lambda change: told.append(status.text), "value")
    with Waiting(status, bar, clock) as waiting:
        for step in ("one", "one", "two"):
            waiting.tell(step)
        assert "rl-waiting" in bar._dom_classes and clock.value == "0 s"
        waiting._since -= 7
        until = time.monotonic() + 10
        while clock.value != "7 s" and time.monotonic() < until:
            time.sleep(0.01)
        assert clock.value == "7 s"
    waiting.tell("three")
    assert told == ["one …", "two …"] and clock.value == ""
    assert "rl-waiting" not in bar._dom_classes


def test_who_cancelled_is_told_of_no_step():
    status = Status()
    with Waiting(status, w.IntProgress(), w.Label(), lambda: True) as waiting:
        waiting.tell("one")
    assert status.text == ""


def test_in_a_notebook_the_step_shows_at_once_and_nothing_stays(monkeypatch):
    shown = []
    monkeypatch.setattr(module, "_in_notebook", lambda: True)
    monkeypatch.setattr(IPython.display, "publish_display_data", shown.append)
    closed = []
    monkeypatch.setattr(w.Widget, "close", lambda self: closed.append(self.model_id))
    with in_cell("reading") as tell:
        tell("counting")
        assert list(shown[0]) == [module.WIDGET_VIEW] and closed == []
    assert shown[0][module.WIDGET_VIEW]["model_id"] == closed[-1] and len(closed) == 6
