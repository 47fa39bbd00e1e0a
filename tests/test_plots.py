"""Pictures: what is drawn is what the results hold; names are never formulas; two themes."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from routelab import Catalog, InputError, OutcomeTable, Plan, compare, make_router, plots, simulate
from routelab.catalog import Model
from routelab.plots._comparison import rows_shown
from routelab.plots._replay import hourly_counts

DEAR = Model("$\\frac{dear", "alpha", 1.0, 10.0, ttft_s=1.0, output_tokens_per_s=100.0)
FAIR = Model("fair", "beta", 0.1, 1.0, ttft_s=0.5, output_tokens_per_s=100.0)


@pytest.fixture(scope="module")
def replay():
    """Two days of hourly requests; the budget of USD 10 a day is met after nine of USD 1.1."""
    plan = Plan(
        models={"strong": DEAR.name, "cheap": "fair"}, default="strong",
        catalog=Catalog([DEAR, FAIR]), fallbacks={"strong": ["cheap"]}, retries={"num_retries": 0},
        budgets=[{"scope": "plan", "limit_usd": 10, "downgrade_to": ["cheap"]}],
        expected_output_tokens=100_000,
    )  # fmt: skip
    start = pd.Timestamp("2026-01-05", tz="UTC")
    traffic = pd.DataFrame(
        {
            "timestamp": start + pd.to_timedelta(np.arange(48), unit="h"),
            "input_tokens": 100_000, "output_tokens": 100_000,
        }
    )  # fmt: skip
    down = {"start": [start + pd.Timedelta(hours=1.5)], "end": [start + pd.Timedelta(hours=3.5)]}
    outages = pd.DataFrame({**down, "provider": ["alpha"]})
    return simulate(traffic, plan, outages=outages)


@pytest.fixture(scope="module")
def comparison():
    words = {"code": "fix the loop", "a$\\frac{": "write a poem"}
    rows = [(f"{text} {i}", label) for label, text in words.items() for i in range(15)]
    labels = pd.DataFrame(rows, columns=["prompt", "label"])
    return compare(["centroid", "knn"], labels, cv=3, n_boot=100)


@pytest.fixture(scope="module")
def outcomes():
    prompts = [f"{word} {i}" for i in range(20) for word in ("prove theorem", "say hello")]
    hard = np.array([word.startswith("prove") for word in prompts])
    quality = np.stack([np.ones(40), np.where(hard, 0.0, 1.0)], axis=1)
    table = OutcomeTable(prompts, ["big", "small"], quality, np.tile([0.01, 0.001], (40, 1)))
    return compare({"near": make_router("outcome-knn", k=3)}, table, cv=2, n_boot=100)


def axes(theme="light"):
    fig, (ax,) = plots.figure(5, 3, theme=theme)
    return fig, ax


def told(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_picture_of_a_replay_draws_in_both_themes(replay, theme):
    for draw in (plots.daily_spend, plots.hourly_outcomes, plots.model_share, plots.latency):
        fig, ax = axes(theme)
        assert draw(replay, ax, theme)
        assert plots.png(fig) == plots.png(fig)
        assert ax.get_facecolor() == fig.get_facecolor()


def test_bars_of_a_day_add_up_to_its_spend(replay):
    _, ax = axes()
    plots.daily_spend(replay, ax)
    tops = {}
    for bar in ax.patches:
        x = round(bar.get_x() + bar.get_width() / 2)
        tops[x] = max(tops.get(x, 0.0), bar.get_y() + bar.get_height())
    assert list(tops.values()) == pytest.approx(replay.daily["spend_usd"].tolist())
    assert "daily budget $10.00" in told(ax)


def test_a_day_of_which_the_log_holds_a_part_is_named_so(replay):
    _, ax = axes()
    plots.daily_spend(replay, ax)
    assert not any("in part" in text.get_text() for text in ax.get_xticklabels())
    cut = replay.decisions.head(len(replay.decisions) - 12)
    _, ax = axes()
    plots.daily_spend(type(replay)(**{**vars(replay), "decisions": cut}), ax)
    names = [text.get_text() for text in ax.get_xticklabels()]
    assert ["in part" in name for name in names] == [False] * (len(names) - 1) + [True]


# What people without one kind of cone see of linear RGB (Machado, Oliveira and Fernandes 2009).
SEEN_AS = {
    "all": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def seen(color, eyes):
    """Return a colour in CIE L*a*b* (D65) as these eyes see it."""
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(SEEN_AS[eyes] @ linear, 0, 1)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ linear / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eyes", list(SEEN_AS))
def test_colours_of_outcomes_are_told_apart(theme, eyes):
    colors = plots.style(theme)
    shown = [seen(color, eyes) for color in (*colors.outcomes, colors.face)]
    for first, second in itertools.combinations(shown, 2):
        assert np.linalg.norm(first - second) > 20  # 2 is just noticeable


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_outcome_has_the_colour_of_a_model(theme):
    colors = plots.style(theme)
    for first, second in itertools.product(colors.outcomes, colors.colors):
        assert np.linalg.norm(seen(first, "all") - seen(second, "all")) > 20


def test_a_budget_far_above_the_bars_does_not_flatten_them(replay):
    far = replay.plan.replace(budgets=[{"scope": "plan", "limit_usd": 1000}])
    _, ax = axes()
    plots.daily_spend(type(replay)(**{**vars(replay), "plan": far}), ax)
    assert ax.get_ylim()[1] < 50


def test_outcomes_count_every_request_once(replay):
    counts = plots.outcome_counts(replay)
    assert sum(counts.values()) == 48
    assert counts["fallback"] == 2  # two hours of outage, one request each
    assert counts["refused"] + counts["degraded"] > 0
    edges, hours = hourly_counts(replay)
    assert hours.sum() == 48 and len(edges) == hours.shape[1] + 1


def test_hours_name_every_outcome_with_its_count(replay):
    _, ax = axes()
    plots.hourly_outcomes(replay, ax)
    assert "served by a fallback 2" in told(ax)


def test_a_short_replay_shows_hours_instead_of_days():
    plan = Plan(models={"cheap": "fair"}, default="cheap", catalog=Catalog([FAIR]))
    stamps = pd.date_range("2026-01-05", periods=6, freq="h", tz="UTC")
    traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 10, "output_tokens": 10})
    _, ax = axes()
    plots.hourly_outcomes(simulate(traffic, plan), ax)
    assert ax.get_xticklabels()[0].get_text() == "00:00"


def test_names_are_never_read_as_formulas(replay):
    fig, ax = axes()
    plots.daily_spend(replay, ax)
    assert DEAR.name in told(ax)
    plots.png(fig)  # a formula would raise here


def test_accuracy_bars_show_routers_and_controls_best_first(comparison):
    fig, ax = axes()
    bars = plots.accuracy_bars(comparison, ax)
    widths = [bar.get_width() for bar in bars]
    assert widths == sorted(widths, reverse=True) and len(bars) == len(rows_shown(comparison))
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert "centroid" in names and "constant (control)" in names
    plots.png(fig)


def test_each_router_has_its_gain_over_its_best_control(comparison):
    fig, ax = axes()
    drawn = plots.router_gains(comparison, ax)
    routers = comparison.table[~comparison.table["is_control"]]
    gains = routers.set_index("name")["difference"]
    assert sorted(float(points[0].get_xdata()[0]) for points in drawn) == pytest.approx(
        sorted(gains)
    )
    best = routers.sort_values("accuracy", ascending=False).iloc[0]
    assert ax.get_yticklabels()[0].get_text() == f"{best['name']}\nover {best['best_control']}"
    plots.png(fig)
    alone = replace(comparison, table=comparison.table.drop(columns="difference"))
    assert plots.router_gains(alone, axes()[1]) == []


def test_another_figure_has_no_intervals(comparison):
    _, ax = axes()
    plots.accuracy_bars(comparison, ax, metric="macro_f1")
    assert ax.get_title(loc="left") == "Macro f1, 30 prompts" and not ax.collections


def test_cost_quality_draws_a_curve_per_router_and_control(outcomes):
    _, ax = axes()
    lines = plots.cost_quality(outcomes, ax)
    assert [line.get_label() for line in lines] == list(outcomes.curves)
    assert ax.get_xlabel() == "share of calls to the strong model"
    _, ax = axes()
    assert len(plots.cost_quality(outcomes, ax, only="nobody")) == len(lines) - 1


def test_a_comparison_without_curves_draws_none(comparison):
    _, ax = axes()
    assert plots.cost_quality(comparison, ax) == []


def test_confusion_writes_counts_and_many_classes_go_without(comparison):
    fig, ax = axes()
    table = comparison.confusion["centroid"]
    (image,) = plots.confusion(table, ax)
    assert image.get_array().sum() == pytest.approx(len(table))
    assert {t.get_text() for t in ax.texts} <= {str(n) for n in table.to_numpy().ravel()}
    plots.png(fig)
    names = [f"a class with a name {i}" for i in range(40)]
    _, ax = axes()
    plots.confusion(pd.DataFrame(np.eye(40, dtype=int), names, names), ax)
    assert not ax.texts and len(ax.get_yticklabels()) < 40


@pytest.mark.parametrize("count", [3, 13, 77])
def test_names_of_classes_beside_a_confusion_do_not_run_into_each_other(count):
    fig, (ax,) = plots.figure(5.5, 4.6)
    names = [f"a class with a name {i}" for i in range(count)]
    plots.confusion(pd.DataFrame(np.eye(count, dtype=int), names, names), ax)
    fig.canvas.draw()
    shown = ax.get_xticklabels()
    assert count > 13 or len(shown) == count
    assert {(text.get_ha(), text.get_rotation_mode()) for text in shown} == {("right", "anchor")}
    line = shown[0].get_fontsize() / 72 * fig.dpi
    apart = np.diff([ax.transData.transform((x, 0))[0] for x in ax.get_xticks()])
    assert (apart * np.sin(np.radians(shown[0].get_rotation())) > line).all()
    apart = np.diff([ax.transData.transform((0, y))[1] for y in ax.get_yticks()])
    assert (np.abs(apart) > line).all()


def test_short_names_of_few_classes_stand_straight():
    _, (ax,) = plots.figure(5.5, 3.6)
    names = ["low", "medium", "high"]
    plots.confusion(pd.DataFrame(np.eye(3, dtype=int), names, names), ax)
    assert {text.get_rotation() for text in ax.get_xticklabels()} == {0.0}


def test_the_figure_of_a_negative_bar_is_not_written_over_it(comparison):
    table = comparison.table.assign(spearman=np.linspace(-0.3, 0.5, len(comparison.table)))
    _, ax = axes()
    plots.accuracy_bars(replace(comparison, table=table), ax, metric="spearman")
    at = {text.get_text().strip(): text.get_position()[0] for text in ax.texts}
    assert at["-0.300"] == 0 and at["0.500"] == pytest.approx(0.5)


def test_scores_and_costs_of_one_prompt():
    fig, (left, right) = plots.figure(6, 3, columns=2)
    dots = plots.router_scores({"a": {"x": 0.2, "$\\frac{": 0.8}, "b": {"x": 0.9}}, left)
    assert len(dots) == 2 and left.get_yticklabels()[0].get_text() == "x"
    bars = plots.request_costs({"big": 1.5, "mid": 0.02, "small": 1e-5}, right, chosen=("big",))
    assert [bar.get_width() for bar in bars] == [1.5, 0.02, 1e-5]
    assert [t.get_text() for t in right.texts] == ["$1.50", "$0.02", "$0.00001"]
    plots.png(fig)


def test_seconds_stand_beside_costs():
    _, (ax,) = plots.figure()
    seconds = {"a": 2.345, "b": 12.4, "c": float("nan")}
    plots.request_costs({"a": 1.0, "b": 1.0, "c": 1.0}, ax, seconds=seconds)
    told = [t.get_text() for t in ax.texts]
    assert told == ["$1.00, 2.3 s", "$1.00, 12 s", "$1.00, time unknown"]


def test_prompts_are_mapped_with_a_mark_per_answer():
    fig, (ax,) = plots.figure()
    points = np.array([[float(i), i % 3.0] for i in range(20)])
    answers = ["$\\frac{"] * 3 + [f"route {i}" for i in range(17)]
    shades = np.zeros((2, 2), dtype=int)
    drawn = plots.prompt_map(points, answers, ax, shades=shades)
    assert [len(marks.get_xdata()) for marks in drawn] == [3, 1, 1, 1, 1, 1, 1, 11]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names[0] == "$\\frac{" and names[-1] == "others"
    ring, _ = plots.asked_point((1e9, 1.0), ax)  # outside: at the edge
    assert ring.get_xdata()[0] == ax.get_xlim()[1]
    plots.png(fig)


def test_an_unknown_theme_is_said():
    with pytest.raises(InputError, match="no theme 'drak'.*did you mean 'dark'"):
        plots.style("drak")


def test_colours_differ_within_a_theme():
    for theme in plots.THEMES.values():
        assert len(set(theme.colors)) == len(theme.colors) == 8


def test_pyplot_is_not_needed():
    assert "matplotlib.pyplot" not in sys.modules


def test_gains_are_drawn_per_slice(comparison):
    found = compare(
        ["centroid", "knn"],
        pd.DataFrame({"prompt": [f"{'fix' if i % 2 else 'write'} {i}" for i in range(90)],
                      "label": ["code", "art"] * 45}),
        cv=2, n_boot=100, slices={"parity$\\frac{": np.arange(90) % 2},
    )  # fmt: skip
    fig, ax = axes()
    drawn = plots.slice_gains(found, ax)
    own = found.slices[found.slices["router"] == "knn"]
    assert len(drawn) == 2 and len(ax.get_yticklabels()) == len(own) == 4
    assert sorted(drawn[1][0].get_xdata()) == pytest.approx(sorted(own["difference"]))
    plots.png(fig)
    assert len(plots.slice_gains(found, axes()[1], router="knn")) == 1
    bare = replace(comparison, slices=comparison.slices[:0])
    assert plots.slice_gains(bare, axes()[1]) == plots.slice_figures(bare, axes()[1]) == []
    _, ax = axes()
    (points,) = plots.slice_figures(found, ax, router="knn")
    assert sorted(points[0].get_xdata()) == pytest.approx(sorted(own["figure"]))
    assert ax.get_xlabel() == "accuracy"
    assert len(plots.overview(bare).axes) == 2


def test_a_comparison_fits_in_one_figure(comparison, outcomes):
    sliced = replace(
        comparison,
        slices=pd.DataFrame(
            [["knn", "half", half, 15, 0.1, 0.0, 0.2] for half in ("first", "second")],
            columns=["router", "slice", "value", "n", "difference", "diff_low", "diff_high"],
        ),
    )
    for result, count in ((comparison, 2), (outcomes, 2), (sliced, 3)):
        for theme in ("light", "dark"):
            assert len(plots.overview(result, theme).axes) == count
    assert plots.best_router(outcomes) == "near"
