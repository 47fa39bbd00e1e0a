"""Every metric has a complete card, a doctest, and a public name."""

from __future__ import annotations

import doctest
import inspect

import pytest

from routelab import InputError, evaluate
from routelab.evaluate import METRIC_CARDS, METRICS, metric_card
from routelab.evaluate.cards import parse_card

GOOD = """Return it,
on two lines.

Notes
-----
Formula: a.
Source: b.
Variants: none.
Range: any.
Hides: c
    and d.

Examples
--------
>>> 1
1
"""


@pytest.mark.parametrize("name", METRIC_CARDS)
def test_every_metric_has_a_card_a_doctest_and_a_public_name(name):
    function = getattr(evaluate, name)
    assert name in evaluate.__all__
    assert doctest.DocTestFinder(recurse=False).find(function, name)[0].examples
    card = metric_card(name)
    assert card.name == name and card.summary == " ".join(card.summary.split())
    for text in (card.formula, card.source, card.variants, card.range, card.hides):
        assert text and text.endswith((".", ")")), text
    assert inspect.getdoc(function).startswith(card.summary.split()[0])


def test_every_registered_label_metric_has_a_card():
    assert set(METRICS.names()) <= set(METRIC_CARDS)


def test_public_names_are_sorted_and_distinct():
    assert len(set(METRIC_CARDS)) == len(METRIC_CARDS)
    assert evaluate.__all__ == sorted(evaluate.__all__, key=_kind)


def _kind(name: str) -> tuple[int, str]:
    """Sort constants first, then classes, then functions, as the linter does."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_a_card_prints_its_five_lines_in_order():
    lines = str(metric_card("arena_score")).splitlines()
    assert lines[0].startswith("arena_score: Return the weighted harmonic mean")
    assert [line.split(":")[0] for line in lines[1:]] == [
        "Formula", "Source", "Variants", "Range", "Hides"
    ]  # fmt: skip


def test_a_wrong_name_is_met_with_the_near_one():
    with pytest.raises(InputError, match=r"unknown metric 'agpr' \(did you mean 'apgr'\?\)"):
        metric_card("agpr")


def test_lines_of_a_card_may_wrap():
    card = parse_card("it", GOOD)
    assert (card.summary, card.hides) == ("Return it, on two lines.", "c and d.")


@pytest.mark.parametrize(
    ("docstring", "message"),
    [
        ("Return it.", "lacks a section 'Notes'"),
        (GOOD.replace("Hides: c\n    and d.\n", ""), "got Formula, Source, Variants, Range$"),
        (GOOD.replace("Source: b.", "Source:"), "must hold Formula"),
        (GOOD.replace("Range:", "Hides:"), "in this order"),
        ("Return it.\n\nNotes\n-----\nNothing.\n", "got none of them"),
    ],
)
def test_an_incomplete_card_is_refused(docstring, message):
    with pytest.raises(InputError, match=message):
        parse_card("it", docstring)
