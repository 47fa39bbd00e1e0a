"""Grids: every combination or random draws, ids that stay, errors with their place."""

from __future__ import annotations

import re

import pytest

from routelab import InputError, Plan
from routelab.sweeps import grid_from_mapping, grid_from_yaml, policies
from routelab.sweeps._fields import with_values


@pytest.fixture
def write(tmp_path):
    def make(text):
        path = tmp_path / "grid.yaml"
        path.write_text(text)
        return path

    return make


def test_every_combination_the_last_field_fastest(plan):
    found = policies(
        plan, {"budgets.0.limit_usd": [5, 10], "fallbacks.strong": [["cheap"], ["mid", "cheap"]]}
    )
    assert [(p.plan.budgets[0].limit_usd, p.plan.fallbacks["strong"]) for p in found] == [
        (5, ("cheap",)), (5, ("mid", "cheap")), (10, ("cheap",)), (10, ("mid", "cheap")),
    ]  # fmt: skip
    assert all(p.plan.budgets[1:] == plan.budgets[1:] for p in found)
    assert len({p.id for p in found}) == 4


def test_names_with_dots_are_found():
    plan = Plan(models={"gpt-4.1": "gpt-4.1", "cheap": "gpt-4o-mini"}, default="cheap")
    changed = with_values(plan, {"models.gpt-4.1.0.timeout_s": 7, "fallbacks.gpt-4.1": ["cheap"]})
    assert changed.deployments["gpt-4.1/gpt-4.1"].timeout_s == 7
    assert changed.fallbacks == {"gpt-4.1": ("cheap",)}


def test_an_absent_part_is_made(plan):
    changed = with_values(plan, {"retries.policy.Timeout": 4, "content_policy_fallbacks.mid": []})
    assert changed.retries.policy == {"Timeout": 4}
    assert changed.content_policy_fallbacks == {"mid": ()}
    assert changed.retries.num_retries == plan.retries.num_retries


def test_random_draws_lie_in_their_ranges_and_repeat_with_the_seed(plan):
    grid = {
        "cooldown.seconds": {"uniform": [5, 60]}, "budgets.0.limit_usd": {"loguniform": [1, 100]},
        "retries.num_retries": {"int": [0, 3]}, "default": {"choice": ["mid", "cheap"]}, "n": 200,
    }  # fmt: skip
    found = policies(plan, grid)
    assert [p.id for p in found] == [p.id for p in policies(plan, grid)]
    assert [p.id for p in found] != [p.id for p in policies(plan, grid, seed=1)]
    assert all(5 <= p.values["cooldown.seconds"] <= 60 for p in found)
    limits = [p.values["budgets.0.limit_usd"] for p in found]
    assert all(1 <= limit <= 100 for limit in limits)
    below = sum(limit < 10 for limit in limits)  # the geometric middle: half of 200, sd 7
    assert 65 < below < 135
    assert {p.values["retries.num_retries"] for p in found} == {0, 1, 2, 3}
    assert {p.values["default"] for p in found} == {"mid", "cheap"}


def test_draws_from_lists_are_different_and_never_more_than_there_are(plan):
    grid = {"cooldown.seconds": [1, 2, 3, 4], "retries.num_retries": [0, 1, 2]}
    some = policies(plan, grid, n=5)
    assert len({p.id for p in some}) == 5
    assert {p.id for p in some} < {p.id for p in policies(plan, grid)}
    assert [p.id for p in policies(plan, grid, n=99)] == [p.id for p in policies(plan, grid)]


def test_ids_depend_on_values_and_base_plan_alone(plan):
    grid = {"cooldown.seconds": [5, 30]}
    first, second = policies(plan, grid)
    assert policies(plan, {"cooldown.seconds": [30]})[0].id == second.id
    other = plan.replace(max_fallbacks=1)
    assert {p.id for p in policies(other, grid)}.isdisjoint({first.id, second.id})


def test_edited_labels_change_the_id(plan, tmp_path):
    labels = tmp_path / "labels.csv"
    ids = []
    for word in ("poem", "song"):
        labels.write_text(f"prompt,label\nfix code,mid\na {word},cheap\n")
        spec = {"kind": "keyword", "labels": str(labels)}
        ids.append(policies(plan.replace(router=spec), {"cooldown.seconds": [5]})[0].id)
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("retries.num_retrys: [1]", r"grid.yaml:1:1: .*did you mean 'num_retries'"),
        ("timeout_s: [5]\ncooldwn.seconds: [5]", r"grid.yaml:2:1: .*did you mean 'cooldown'"),
        ("retries.num_retries: [0, -1]", r"grid.yaml:1:26: .*greater than or equal to 0, got -1"),
        ("retries.num_retries:\n  - 1\n  - many", r"grid.yaml:3:5: .*valid integer.*got 'many'"),
        ("budgets.3.limit_usd: [5]", r"grid.yaml:1:1: .*entries 0 to 2 in the plan, got '3'"),
        ("fallbacks.strong: [[chaep]]", r"grid.yaml:1:20: .*no model group 'chaep'.*'cheap'"),
        ("fallbacks.strnog: [[cheap]]", r"grid.yaml:1:20: .*no model group 'strnog'.*'strong'"),
        ("default.x: [1]", r"grid.yaml:1:1: .*'mid', which has no parts"),
        ("version: [1]", r"grid.yaml:1:1: .*cannot be swept"),
        ("timeout_s: 5", r"grid.yaml:1:1: .*needs a list of values.*got 5"),
        ("timeout_s: []", r"grid.yaml:1:1: timeout_s has no values"),
        ("timeout_s: [5, 7, 5]", r"grid.yaml:1:19: timeout_s lists 5 twice"),
        ("timeout_s: {unifrom: [1, 2]}", r"grid.yaml:1:1: .*did you mean 'uniform'"),
        ("timeout_s: {uniform: [2, 1]}", r"grid.yaml:1:1: .*low < high, got \[2, 1\]"),
        ("timeout_s: {uniform: [1]}", r"grid.yaml:1:1: .*needs \[low, high\]"),
        ("timeout_s: {loguniform: [0, 1]}", r"grid.yaml:1:1: .*needs low > 0"),
        ("max_fallbacks: {int: [0.5, 1]}", r"grid.yaml:1:1: .*whole numbers"),
        ("timeout_s: {uniform: [-5, 5]}\nn: 3", r"grid.yaml:1:1: .*greater than 0, got -5"),
        ("timeout_s: {uniform: [1, 5]}", r"grid.yaml:1:1: timeout_s is a range, so n is needed"),
        ("timeout_s: [1]\nn: none", r"grid.yaml:2:1: n must be a whole number >= 0, got 'none'"),
        ("timeout_s: [1]\nn: 0", r"grid.yaml:2:1: n must be at least 1"),
        ("n: 3", r"grid.yaml: a grid maps plan fields"),
        ("timeout_s: [1", r"grid.yaml:\d+:\d+: not valid YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place(plan, write, text, told):
    with pytest.raises(InputError, match=told):
        policies(plan, grid_from_yaml(write(text)))


def test_a_mistake_in_a_mapping_names_the_field(plan):
    with pytest.raises(InputError, match=r"grid: timeout_s: .*greater than 0, got 0"):
        policies(plan, grid_from_mapping({"timeout_s": [0]}))


def test_values_that_only_fit_together_are_not_refused_alone(plan):
    split = {"name": "t", "arms": {"a": {"share": 0.5}, "b": {"share": 0.5, "model": "cheap"}}}
    grid = {"split.arms.a.share": [0.5, 0.9], "split.arms.b.share": [0.5, 0.1]}
    found = policies(plan.replace(split=split), grid)
    assert [p.plan is not None for p in found] == [True, False, False, True]
    assert "add up to 0.6, not to 1" in found[1].error
    with pytest.raises(InputError, match="no policy of the grid fits.*add up to 1.4"):
        policies(plan.replace(split=split), {"split.arms.a.share": [0.9]})


def test_a_fitted_router_is_not_swept_in_silence(plan):
    from routelab import make_router

    router = make_router("keyword").fit(["fix code", "a poem"], ["mid", "cheap"])
    with pytest.raises(InputError, match=re.escape("comes fitted, so this would change nothing")):
        policies(plan.replace(router=router), {"router.params.threshold": [0.1]})


def test_a_range_too_small_for_n_is_told(plan):
    with pytest.raises(InputError, match="only 2 different policies in 60 draws, n is 3"):
        policies(plan, {"retries.num_retries": {"int": [0, 1]}}, n=3)
