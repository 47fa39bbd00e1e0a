"""What if: changes whose effect can be added up, and the bundled week."""

from __future__ import annotations

import pytest

from routelab import InputError, read_log, simulate
from routelab.catalog import Model
from routelab.forecasting import Change, add_model, end_of_life, what_if, with_prices


def test_a_price_change_holds_from_its_day_on(make_plan, make_traffic):
    change = Change.prices({"dear": {"input_usd_per_mtok": 3.0}}, from_date="2026-01-06")
    result = what_if(make_traffic(range(72)), make_plan(), [change])
    assert result.daily["baseline"].tolist() == pytest.approx([24.0] * 3)
    assert result.daily["changed"].tolist() == pytest.approx([24.0, 72.0, 72.0])
    assert result.table.loc["spend_usd", "difference"] == pytest.approx(96.0)
    assert result.seam_usd == pytest.approx(0.0)
    assert "dear: input_usd_per_mtok 1 -> 3, from 2026-01-06 on" in result.notes


def test_a_budget_meets_the_new_price(make_plan, make_traffic):
    """At USD 3 each, two fit into 6 a day, where six did."""
    budget = {"scope": "plan", "limit_usd": 6, "timezone": "Asia/Tokyo"}
    change = Change.prices({"dear": {"input_usd_per_mtok": 3.0}}, from_date="2026-01-06")
    traffic = make_traffic(range(15 - 24, 15 + 24))  # two days of Tokyo
    result = what_if(traffic, make_plan(budgets=[budget]), [change])
    assert result.zone == "Asia/Tokyo"
    assert result.table.loc["served"].tolist() == [12.0, 8.0, -4.0]
    assert result.daily["changed"].tolist() == pytest.approx([6.0, 6.0])


def test_changes_add_up_in_their_order(make_plan, make_traffic):
    changes = [
        Change.prices({"fair": {"input_usd_per_mtok": 0.2}}),
        Change.end_of_life("dear", "2026-01-06", fallback="cheap"),
        Change.growth(2.0, "2026-01-07"),
    ]
    result = what_if(make_traffic(range(72)), make_plan(), changes)
    # 24 x 1, then 24 x 0.2, then 48 x 0.2
    assert result.daily["changed"].tolist() == pytest.approx([24.0, 4.8, 9.6])
    assert result.table.loc["requests", "difference"] == 24
    assert result.table.loc["share fair"].tolist() == pytest.approx([0.0, 0.75, 0.75])
    assert any("requests per hour times 2, from 2026-01-07 on" in note for note in result.notes)


def test_end_of_life_renames_every_mention():
    from routelab import Plan

    plan = Plan(
        models={"a": "gpt-4o", "b": ["gpt-4o-mini", "gemini/gemini-2.5-flash"], "c": "gpt-4o-mini"}
        | {"c": {"id": "c1", "model": "gpt-4o-mini"}},
        default="a",
        routes={"hard": "a", "easy": "c"},
        rules=[{"model": "a", "min_input_tokens": 10}],
        split={"name": "s", "arms": {"x": {"share": 0.5, "model": "a"}, "y": {"share": 0.5}}},
        fallbacks={"a": ["b"], "b": ["a", "c"], "c": ["a", "b"]},
        default_fallbacks=["a"],
        budgets=[
            {"scope": "plan", "limit_usd": 1, "downgrade_to": ["a", "b"]},
            {"scope": "deployment", "name": "a/gpt-4o", "limit_usd": 1},
        ],
    )
    with pytest.raises(InputError, match="'a' has no deployment: .* one of b, c; none was named"):
        end_of_life(plan, "gpt-4o")
    with pytest.raises(InputError, match="got 'a'"):
        end_of_life(plan, "gpt-4o", fallback="a")
    changed, told = end_of_life(plan, "gpt-4o", fallback="b")
    assert told == (
        "gpt-4o is gone; b takes the place of a; with it went the budget of deployment a/gpt-4o"
    )
    assert list(changed.models) == ["b", "c"]
    assert (changed.default, changed.rules[0].model) == ("b", "b")
    assert changed.routes == {"hard": "b", "easy": "c"}
    assert changed.split.arms["x"].model == "b"
    assert changed.fallbacks == {"b": ("c",), "c": ("b",)}
    assert changed.budgets[0].downgrade_to == ("b",)
    assert changed.model_group_alias == {"a": "b"}
    assert plan.default == "a"
    thinner, told = end_of_life(plan, "gemini/gemini-2.5-flash")
    assert told == "gemini/gemini-2.5-flash is gone"
    assert len(thinner.models["b"]) == 1


def test_add_model_and_prices_check_their_names(make_plan):
    plan = make_plan()
    with pytest.raises(InputError, match="no model group 'cheep'.*did you mean 'cheap'"):
        add_model(plan, "cheep", "gpt-4o")
    with pytest.raises(InputError, match="with other prices"):
        add_model(plan, "cheap", Model("fair", "beta", 9.0, 9.0))
    changed, told = add_model(plan, "cheap", Model("new", "gamma", 0.05, 0.5), weight=2)
    assert told == "new joins cheap"
    assert changed.models["cheap"][1].weight == 2
    with pytest.raises(InputError, match="does not use the model 'deer'.*did you mean 'dear'"):
        with_prices(plan, {"deer": {}})
    with pytest.raises(InputError, match="no field 'input'"):
        with_prices(plan, {"dear": {"input": 1}})
    with pytest.raises(InputError, match="usually means unknown"):
        with_prices(plan, {"dear": {"input_usd_per_mtok": 0}})


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ([], "at least one change"),
        ([Change.growth(2, "soon")], "must be a day such as"),
        ([Change.growth(2, "2026-01-05T10:00")], "without a time"),
        ([Change.growth(2, "2027-01-05")], "does not fall into the traffic"),
        ([Change.growth(2, "2026-01-05")], "does not fall into the traffic"),
    ],
)
def test_bad_changes_are_told(make_plan, make_traffic, changes, match):
    with pytest.raises(InputError, match=match):
        what_if(make_traffic(range(48)), make_plan(), changes)


def test_the_bundled_week_without_gpt_4o_from_thursday(week, bundled_plan):
    prices = {"gpt-4o-mini": {"input_usd_per_mtok": 0.3, "output_usd_per_mtok": 1.2}}
    changes = [
        Change.end_of_life("gpt-4o", "2026-11-12"),
        Change.end_of_life("azure/gpt-4o", "2026-11-12", fallback="mid"),
        Change.prices(prices, "2026-11-14"),
    ]
    result = what_if(week, bundled_plan, changes, seed=1)
    before = result.daily.loc[:"2026-11-11"]
    assert before["difference"].tolist() == [0.0] * 3  # same luck, nothing changed
    assert (result.daily.loc["2026-11-12":"2026-11-15", "difference"] < 0).all()
    later = result.changed[result.changed["timestamp"] >= "2026-11-12T00:00+01:00"]
    assert not later["model"].isin(["gpt-4o", "azure/gpt-4o"]).any()
    whole = simulate(week, bundled_plan, seed=1).summary["spend_usd"]
    assert result.baseline["cost_usd"].sum() - whole == pytest.approx(result.seam_usd)
    assert abs(result.seam_usd) < 0.01 * whole


def test_real_traffic_at_half_the_price_costs_half(data, make_plan):
    traffic = read_log(data / "trace_ragpulse" / "0_trace.dev.jsonl").frame
    half = {"input_usd_per_mtok": 0.5, "output_usd_per_mtok": 5.0}
    result = what_if(traffic, make_plan(), [Change.prices({"dear": half})])
    assert result.table.loc["spend_usd", "changed"] == pytest.approx(
        result.table.loc["spend_usd", "baseline"] / 2
    )
    assert result.table.loc["latency_p95_s", "difference"] == 0.0


def test_a_what_if_is_shown(make_plan, make_traffic):
    plan = make_plan(name="<b>")
    result = what_if(make_traffic(range(24)), plan, [Change.growth(0.5)])
    assert "difference" in str(result) and "spend_usd" in str(result)
    page = result._repr_html_()
    assert "<b>" not in page and "&lt;b&gt;" in page
