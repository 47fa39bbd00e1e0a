"""Fields for whole numbers show what is used."""

from __future__ import annotations

import pytest

from routelab.ui._parts import BoundedWholeText, WholeText, number


@pytest.mark.parametrize("before", [10, 86])
@pytest.mark.parametrize("make", [WholeText, lambda value: BoundedWholeText(value, min=1, max=120)])
def test_what_is_typed_is_rounded_and_shown_again(monkeypatch, make, before):
    field, shown, used = make(before), [], []
    monkeypatch.setattr(field, "send_state", lambda key=None: shown.append(field.value))
    field.observe(lambda change: used.append(change.new), "value")
    field.set_state({"value": 85.6})  # as a browser says it
    assert field.value == 86 and isinstance(field.value, int)
    assert shown[-1:] == [86]  # also where 86 was there before, and the browser shows 85.6
    assert used == [86]


def test_a_bounded_field_ends_at_whole_numbers():
    field = BoundedWholeText(1, min=1, max=1)
    field.max, field.value = 4, 120.9
    assert field.value == 4 and isinstance(field.value, int)
    field.max = 3
    assert field.value == 3 and isinstance(field.value, int)


@pytest.mark.parametrize("open_ended", [False, True])
def test_a_whole_number_beside_a_slider_is_rounded(open_ended):
    box, row = number("Tokens", 300, 0, 4000, 50, open_ended=open_ended)
    box.value = 85.6
    assert box.value == 86 and isinstance(box.value, int)
    assert row.children[1].value == 100
    box.value = 1e3
    assert (box.value, row.children[1].value) == (1000, 1000)


def test_other_numbers_keep_their_decimals():
    box, _ = number("Threshold", 0.0, 0.0, 1.0, 0.01)
    box.value = 0.35
    assert box.value == 0.35
