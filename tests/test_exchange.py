"""Two folders change names: in one step, in three, or not at all."""

from __future__ import annotations

import os
import sys

import pytest

from routelab import _exchange
from routelab._exchange import exchange


@pytest.fixture
def pair(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    return tmp_path / "one", tmp_path / "other"


def held(*folders):
    return [os.listdir(folder) for folder in folders]


@pytest.mark.parametrize("steps", ["one", "three"])
def test_folders_change_names(pair, monkeypatch, steps):
    if steps == "three":
        monkeypatch.setattr(_exchange, "_in_one_step", lambda *_: False)
    exchange(*pair)
    assert held(*pair) == [["other"], ["one"]]
    assert sorted(os.listdir(pair[0].parent)) == ["one", "other"]


def test_a_failure_between_the_steps_is_taken_back(pair, monkeypatch):
    monkeypatch.setattr(_exchange, "_in_one_step", lambda *_: False)
    replace = os.replace

    def stopped(source, target):
        if source == pair[0]:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        exchange(*pair)
    assert held(*pair) == [["one"], ["other"]]
    assert sorted(os.listdir(pair[0].parent)) == ["one", "other"]


def test_other_systems_and_old_libraries_take_three_steps(pair, monkeypatch):
    monkeypatch.setattr(_exchange.ctypes, "CDLL", lambda _: object())
    monkeypatch.setattr(sys, "platform", "linux")
    assert not _exchange._in_one_step(*pair)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not _exchange._in_one_step(*pair)


def test_folders_that_cannot_be_exchanged_are_told_apart(pair, tmp_path):
    assert not _exchange._in_one_step(pair[0], tmp_path / "none")
