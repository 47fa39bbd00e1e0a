"""No alarm where nothing changed, an alarm each time where something did."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, drift
from routelab.datasets import load_traffic

from .conftest import kinds, make_log

SEEDS = 80
QUICK = {"n_permutations": 199}


def halves(log, seed):
    """Return two halves of the same traffic, dealt out at random."""
    side = np.random.default_rng(seed).permutation(len(log)) < len(log) // 2
    return log[side], log[~side]


@pytest.fixture(scope="module")
def pools(plan):
    """Traffic to deal out: the usual, and little traffic of few users."""
    return make_log(plan), make_log(plan, n=200, users=8, seed=3)


@pytest.mark.parametrize("which", [0, 1])
def test_halves_of_the_same_traffic_raise_no_alarm(plan, pools, which):
    raised = warned = 0
    for seed in range(SEEDS // 2):
        old, new = halves(pools[which], seed)
        report = drift(new, plan, reference=old, seed=seed, **QUICK)
        raised += report.alarmed
        warned += bool(report.alarms)
    assert raised == 0
    assert warned <= 0.05 * SEEDS / 2


def test_new_days_of_the_same_traffic_raise_few_alarms(plan):
    raised = 0
    for seed in range(12):
        old = make_log(plan, n=900, days=6, seed=seed)
        new = make_log(plan, n=600, days=4, start="2026-01-11", seed=1000 + seed)
        raised += drift(new, plan, reference=old, seed=seed, n_paths=10, **QUICK).alarmed
    assert raised <= 1


def test_the_bundled_week_dealt_out_at_random_has_not_moved(plan):
    week = load_traffic()
    for seed in range(3):
        old, new = halves(week, seed)
        report = drift(new, plan, reference=old, seed=seed, n_permutations=99)
        assert not report.table["moved"].any()
        assert not kinds(report) & {"shift", "price", "spend"}


def test_each_injected_change_is_caught_each_time(plan, pools):
    for seed in range(8):
        old, new = halves(pools[0], seed)
        longer = make_log(plan, n=400, length=3, seed=seed)
        report = drift(longer, plan, reference=old, seed=seed, **QUICK)
        assert {"input_tokens", "prompt characters"} <= set(report.table.index[report.table.moved])
        assert "shift" in kinds(report)

        mix = drift(make_log(plan, n=400, code=0.85, seed=seed), plan, reference=old, **QUICK)
        assert mix.table.loc["route", "moved"] and "shift" in kinds(mix)

        dear = new.assign(cost_usd=new["cost_usd"] * 2)
        assert "price" in kinds(drift(dear, plan, reference=old, **QUICK))

        other = new.copy()
        other.loc[other.index[::8], "model"] = "gpt-4.1"
        assert {"model", "agreement"} <= kinds(drift(other, plan, reference=old, **QUICK))

        swapped = new.assign(model=new["model"].replace("gpt-4o", "gpt-4o-mini"))
        assert "agreement" in kinds(drift(swapped, plan, reference=old, **QUICK))


def test_prompts_that_are_no_longer_logged_are_a_shift(plan, log):
    half = log.copy()
    half.loc[::2, "prompt"] = None
    report = drift(half, plan, reference=log, **QUICK)
    assert "50% missing" in report.table.loc["prompt characters", "new"]
    assert report.table.loc["prompt characters", "moved"]
    none = drift(log.assign(prompt=None), plan, reference=log, **QUICK)
    assert "prompts, scores and routes are not compared: a side has no prompts" in none.notes
    assert none.agreement.empty and "no request could be judged" in str(none)


def test_a_fallback_that_serves_too_much_is_a_warning(plan, log):
    away = log.assign(model=log["model"].replace("gpt-4o", "gemini/gemini-2.5-flash"))
    report = drift(away, plan, reference=away, **QUICK)
    assert kinds(report) == set() and "fallback" in kinds(report, "warning")


def test_a_bad_day_is_named(plan, log):
    bad = log.copy()
    third = bad["timestamp"].dt.day == 7
    bad.loc[third, "model"] = bad.loc[third, "model"].replace("gpt-4o", "gpt-4o-mini")
    report = drift(bad, plan, reference=log, **QUICK)
    told = next(alarm for alarm in report.alarms if alarm.kind == "agreement")
    assert "on 2026-01-07 went to a model that the plan would not choose" in told.sentence


def test_without_a_reference_the_log_is_split_at_a_midnight(plan, log):
    report = drift(log, plan, n_paths=10, **QUICK)
    assert "of the log (before 2026-01-08 00:" in report.compared
    assert report.n_reference + report.n_new == report.n_log == 600
    assert len(report.spend) == 3
    one_day = log[log["timestamp"].dt.day == 6]
    half = drift(one_day, plan, **QUICK)
    assert half.n_reference == len(one_day) // 2
    assert "the hour of day is not compared: a side is shorter than a day" in half.notes


def test_real_traces_without_prompts_are_compared_by_their_sizes(plan, data):
    import routelab as rl

    folder = data / "trace_azure_2023"
    talk = rl.read_log(folder / "AzureLLMInferenceTrace_conv.dev.csv").frame
    code = rl.read_log(folder / "AzureLLMInferenceTrace_code.dev.csv").frame
    side = np.random.default_rng(0).permutation(len(talk)) < len(talk) // 2
    same = drift(talk[side], plan, reference=talk[~side], **QUICK)
    assert not same.alarms and same.not_judged == {"the log names no model": int(side.sum())}
    other = drift(code, plan, reference=talk, **QUICK)
    assert set(other.table.index[other.table["moved"]]) >= {"input_tokens", "output_tokens"}
    assert kinds(other) == {"shift"}


def test_a_plan_without_a_router_has_no_scores(plan, log):
    report = drift(log, plan.replace(router=None), reference=log, **QUICK)
    assert "route" not in report.table.index and "English words" in report.table.index


def test_a_router_of_outcomes_has_scores_too(plan, log):
    from routelab import OutcomeTable, make_router

    prompts = [f"{word} {i}" for i in range(10) for word in ("sort", "poem")]
    quality = np.tile([[1.0, 0.0], [0.0, 1.0]], (10, 1))
    table = OutcomeTable(prompts, ["strong", "cheap"], quality, np.ones((20, 2)))
    router = make_router("outcome-knn", k=3).fit(prompts, table)
    report = drift(log, plan.replace(router=router, routes={}), reference=log, **QUICK)
    assert {"best score", "score of strong"} <= set(report.table.index)


def test_a_router_with_many_or_no_scores(plan, log):
    from routelab import make_router

    many = [f"{k}" for k in range(10)]
    router = make_router("centroid").fit([f"word{k}" for k in many], many)
    wide = plan.replace(router=router, routes=dict.fromkeys(many, "cheap"))
    index = drift(log, wide, reference=log, **QUICK).table.index
    assert "best score" in index and not any(name.startswith("score of") for name in index)


def test_units_are_users_another_column_or_each_request(plan, log):
    each = drift(log, plan, reference=log, unit=None, **QUICK)
    by_user = drift(log, plan, reference=log, **QUICK)
    assert set(each.table.index) == set(by_user.table.index)
    nobody = drift(log.assign(user=None), plan, reference=log.assign(user=None), **QUICK)
    assert any("the log names no user" in note for note in nobody.notes)
    with pytest.raises(InputError, match=r"no column 'usr' \(did you mean 'user'\?\)"):
        drift(log, plan, reference=log, unit="usr")


def test_few_requests_are_not_tested_and_none_is_an_error(plan, log):
    report = drift(log, plan, reference=log[:10], **QUICK)
    assert report.table.empty and "10 requests of the reference and 600 new" in report.notes[0]
    assert drift(log[:1], plan).n_log == 1
    with pytest.raises(InputError, match="the log has no request"):
        drift(log[:0], plan)
    with pytest.raises(InputError, match="alpha must lie between 0 and 1, got 2"):
        drift(log, plan, alpha=2)
    with pytest.raises(InputError, match="n_paths must be at least 1, got 0"):
        drift(log, plan, n_paths=0)


def test_an_empty_reference_is_no_reference(plan, log):
    report = drift(log, plan, reference=log[:0])
    assert report.table.empty and report.n_reference == 0
    assert pd.isna(report.prices["reference_ratio"]).all()


def test_the_same_seed_gives_the_same_report(plan, pools):
    old, new = halves(pools[0], 0)
    first, second = (drift(new, plan, reference=old, seed=5, **QUICK) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)
