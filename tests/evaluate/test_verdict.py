"""Verdicts: which control decides, and what the interval leaves room for."""

from __future__ import annotations

import numpy as np
import pytest

from routelab.evaluate._verdict import against_all, judge, resolution

SPREAD = np.linspace(-1.0, 1.0, 1001)  # its 95 % interval is -0.95 to 0.95


def bar(figure: float, noise: float) -> tuple[float, np.ndarray]:
    """A control whose difference to the router at 0.5 spreads by `noise`."""
    return figure, figure + noise * SPREAD


def against(controls, **options):
    options = {"possible": 1.0, **options}
    return against_all(0.5, np.full(1001, 0.5), controls, "accuracy", **options)


def verdict(**controls):
    return judge({"mine": against({k: bar(*v) for k, v in controls.items()})}, 100)[0]["mine"]


def test_the_best_of_beaten_controls_is_named():
    # a: +.2 (.105 to .295); b: +.1 (.09 to .11). Both beaten; b is the better one.
    found = verdict(a=(0.3, 0.1), b=(0.4, 0.01))
    assert found["best_control"] == "b" and found["verdict"] == "adds value"
    assert found["difference"] == pytest.approx(0.1)


def test_one_control_that_is_not_beaten_is_enough():
    # a: +.1 (-.09 to .29), though b at +.05 (.04 to .06) is the better control.
    found = verdict(a=(0.4, 0.2), b=(0.45, 0.01))
    assert found["best_control"] == "a" and found["verdict"] == "not resolved"


def test_one_control_that_leaves_no_room_is_enough():
    # b: -.02 (-.03 to -.01): nothing to gain, whatever a says (0 to .2).
    found = verdict(a=(0.4, 0.1), b=(0.52, 0.01))
    assert found["best_control"] == "b" and found["verdict"] == "adds nothing"


def test_a_gain_under_a_tenth_of_the_headroom_is_not_worth_having():
    # headroom 1 - .5 = .5, so .05 is worth having. 0 (-.0475 to .0475) leaves no room for it.
    assert verdict(a=(0.5, 0.05))["verdict"] == "adds nothing"
    assert verdict(a=(0.5, 0.06))["verdict"] == "not resolved"  # -.057 to .057


def test_the_gain_worth_having_can_be_given():
    wide = {"a": bar(0.5, 0.05)}
    assert judge({"x": against(wide, worthwhile=0.04)}, 100)[0]["x"]["verdict"] == "not resolved"
    assert judge({"x": against(wide, worthwhile=0.05)}, 100)[0]["x"]["verdict"] == "adds nothing"


def test_sentences_say_what_a_reader_would_work_out():
    def sentence(control, **options):
        return judge({"x": against({"a": control}, **options)}, 100)[1]["x"]

    assert sentence(bar(0.5, 0.05)).endswith("(-0.047 to 0.047), no room for a gain of 0.050.")
    # sd of the spread is .578 * .1: half-width 1.96 * .0578 = .113, (.113 / .05) ** 2 = 5.1
    assert sentence(bar(0.5, 0.1)).endswith("; a gain of 0.050 needs 5.1 times the prompts.")
    assert sentence(bar(0.48, 0.01)).endswith(
        "(0.011 to 0.030), less than 0.052, the smallest gain worth having."
    )
    assert sentence(bar(0.2, 0.01)) == "adds value: accuracy +0.300 over a (0.290 to 0.309)."


def test_p_is_that_of_the_least_beaten_control():
    found = against({"a": bar(0.3, 0.1), "b": bar(0.45, 0.055)})
    assert found.p == pytest.approx(2 * 46 / 1002, abs=2e-3)  # b is above in 45 of 1,001
    assert found.control == "a" or found.p > 0.05


def test_holm_can_take_a_verdict_back():
    found = against({"b": bar(0.45, 0.052)})  # .05 above, interval just above zero
    alone = judge({"x": found}, 100)
    many = judge({f"x{i}": found for i in range(9)}, 100)
    assert alone[0]["x"]["verdict"] == "adds value"
    assert many[0]["x0"]["verdict"] == "not resolved"
    assert "after Holm for 9 routers" in many[1]["x0"]


def test_all_ties_add_nothing():
    still = against({"a": (0.5, np.full(1001, 0.5))}, possible=0.5)
    assert judge({"x": still}, 100)[0]["x"]["verdict"] == "adds nothing"
    assert np.isnan(resolution({"x": still}))
