"""What the bundled files promise: prompts that are not trivial, traffic with a rhythm, prices."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest

from routelab import Catalog, Plan, make_router, read_log
from routelab.datasets import data_dir, load_prompts, load_traffic
from routelab.traffic import COLUMNS, check_traffic, write_traffic

LEVELS = {"low", "medium", "high"}


@pytest.fixture(scope="module")
def prompts() -> pd.DataFrame:
    return load_prompts()


@pytest.fixture(scope="module")
def traffic() -> pd.DataFrame:
    return load_traffic()


@pytest.fixture(scope="module")
def make_traffic(root):
    """The generator, loaded from tools/."""
    path = root / "tools" / "make_traffic.py"
    spec = importlib.util.spec_from_file_location("make_traffic", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_traffic"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["make_traffic"]


@pytest.fixture(scope="module")
def card() -> str:
    return (data_dir() / "README.md").read_text(encoding="utf-8")


def local(traffic: pd.DataFrame) -> pd.Series:
    return traffic["timestamp"].dt.tz_convert("Europe/Berlin")


def test_there_are_enough_prompts_and_each_is_there_once(prompts):
    assert prompts.columns.tolist() == ["prompt", "route", "complexity", "language", "form"]
    assert len(prompts) >= 800
    assert prompts["prompt"].is_unique and prompts["prompt"].str.strip().ne("").all()
    assert not prompts.isna().any().any()


def test_every_route_and_level_is_there_in_numbers(prompts):
    assert prompts["route"].nunique() >= 8
    assert set(prompts["complexity"]) == LEVELS
    assert prompts["route"].value_counts().min() >= 20
    assert prompts["complexity"].value_counts(normalize=True).min() > 0.15


def test_no_two_prompts_are_nearly_the_same(prompts):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    counts = CountVectorizer(analyzer="char", ngram_range=(3, 3)).fit_transform(prompts["prompt"])
    unit = normalize(counts.astype(np.float64))
    cosine = (unit @ unit.T).toarray()
    np.fill_diagonal(cosine, 0)
    first, second = np.unravel_index(cosine.argmax(), cosine.shape)
    pair = prompts["prompt"].iloc[[first, second]].tolist()
    assert cosine[first, second] < 0.8, pair


def test_keywords_do_not_give_the_complexity_away(prompts):
    texts, levels = prompts["prompt"].tolist(), prompts["complexity"].tolist()
    said = make_router("keyword").fit(texts, levels).predict(texts)
    assert np.mean(said == np.array(levels)) < 0.70


def test_length_does_not_give_the_complexity_away(prompts):
    length = prompts["prompt"].str.len()
    cuts = np.quantile(
        length, prompts["complexity"].value_counts(normalize=True)[["low", "medium"]].cumsum()
    )
    said = np.array(["low", "medium", "high"])[np.searchsorted(cuts, length)]
    assert np.mean(said == prompts["complexity"].to_numpy()) < 0.70


def test_traffic_passes_its_check_and_has_no_other_column(traffic):
    assert traffic.columns.tolist() == list(COLUMNS)
    pd.testing.assert_frame_equal(check_traffic(traffic), traffic)


def test_the_generator_makes_the_bundled_week(make_traffic, prompts, traffic):
    pd.testing.assert_frame_equal(make_traffic.make_traffic(prompts), traffic)


def test_the_generator_writes_the_same_bytes_twice(make_traffic, traffic, tmp_path):
    for name in ("a", "b"):
        write_traffic(traffic, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_log(tmp_path / "a").report.rows_accepted == len(traffic)


def test_another_seed_makes_another_week(make_traffic, prompts, traffic):
    other = make_traffic.make_traffic(prompts, seed=1)
    assert not other["timestamp"].head(100).equals(traffic["timestamp"].head(100))


def test_the_generator_says_what_it_wrote(make_traffic, traffic, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["make_traffic.py", "--out", str(tmp_path / "t.parquet")])
    make_traffic.main()
    assert f"{len(traffic):,} requests" in capsys.readouterr().out
    pd.testing.assert_frame_equal(read_log(tmp_path / "t.parquet").frame, traffic)


def test_traffic_is_small_and_covers_a_week(traffic):
    assert (data_dir() / "traffic.parquet").stat().st_size < 1_500_000
    assert 20_000 <= len(traffic) <= 30_000
    assert traffic["timestamp"].min() >= pd.Timestamp("2026-11-09T00:00Z")
    assert traffic["timestamp"].max() < pd.Timestamp("2026-11-16T00:00Z")
    assert traffic["timestamp"].dt.date.nunique() == 7


def test_days_have_a_rhythm(traffic):
    stamp = local(traffic)
    working = traffic[stamp.dt.day_of_week < 5]
    by_hour = working.groupby(stamp.dt.hour).size()
    assert by_hour[10:11].sum() > 20 * by_hour[2:3].sum()
    assert by_hour[21] > 1.5 * by_hour[18]  # the evening has a peak of its own
    assert len(traffic) - len(working) < len(working) / 5  # a quiet weekend


def test_few_users_send_most_requests(traffic):
    counts = traffic["user"].value_counts()
    assert 300 <= len(counts) <= 400
    assert counts.head(len(counts) // 10).sum() > 0.4 * len(traffic)
    assert set(traffic["tier"]) == {"free", "pro", "enterprise"}
    assert traffic.groupby("user")["tier"].nunique().max() == 1


def test_sessions_grow_and_read_from_the_cache(traffic):
    several = traffic[traffic["status"] == 200].groupby("session_id").filter(lambda s: len(s) > 2)
    grown = several.groupby("session_id")["input_tokens"].agg(["first", "last"])
    assert (grown["last"] > grown["first"]).mean() > 0.9
    assert (traffic["cached_input_tokens"] <= traffic["input_tokens"]).all()
    assert (traffic["cached_input_tokens"] > 0).mean() > 0.2


def test_costs_are_the_catalogs(traffic):
    catalog = Catalog.bundled()
    served = traffic[traffic["status"] == 200]
    for name, calls in served.groupby("model"):
        tokens = [calls[c].to_numpy(float) for c in ("input_tokens", "output_tokens")]
        cost = catalog.cost(name, *tokens, calls["cached_input_tokens"].to_numpy(float))
        assert calls["cost_usd"].to_numpy() == pytest.approx(cost, rel=1e-12)


def test_nearly_everything_went_to_one_model(traffic):
    share = traffic["model"].value_counts(normalize=True)
    assert set(share.index) == {"gpt-4o", "gpt-4o-mini"} and share["gpt-4o"] > 0.8


def test_failures_have_a_class_and_no_output(traffic):
    failed = traffic["status"] != 200
    assert traffic.loc[failed, "error_class"].notna().all()
    assert traffic.loc[~failed, "error_class"].isna().all()
    assert (traffic.loc[failed, "output_tokens"] == 0).all()
    assert (traffic.loc[failed, "cost_usd"] == 0).all()
    assert traffic.loc[failed, "ttft_s"].isna().all()
    assert traffic.loc[~failed, ["ttft_s", "latency_s", "cost_usd"]].notna().all().all()


def test_the_outage_is_that_of_the_schedule(traffic):
    outage = pd.read_csv(data_dir() / "outages.csv", parse_dates=["start", "end"]).iloc[0]
    assert (outage["end"] - outage["start"]).total_seconds() == 47 * 60
    during = traffic["timestamp"].between(outage["start"], outage["end"], inclusive="left")
    assert during.sum() > 100 and (traffic.loc[during, "status"] != 200).all()
    assert (traffic.loc[during, "status"] == 503).mean() > 0.8


def test_fridays_burst_is_rate_limited_and_other_failures_are_rare(traffic):
    start, end = pd.Timestamp("2026-11-13T10:30Z"), pd.Timestamp("2026-11-13T10:42Z")
    burst = traffic["timestamp"].between(start, end)
    assert burst.sum() > 600 and (traffic.loc[burst, "status"] == 429).mean() > 0.3
    rest = traffic[~burst & (traffic["timestamp"].dt.date != pd.Timestamp("2026-11-11").date())]
    assert 0.002 < (rest["status"] != 200).mean() < 0.006


def test_the_bundled_plan_is_priced_and_has_speeds():
    plan = Plan.from_yaml(data_dir() / "plan.yaml")
    for deployment in plan.deployments.values():
        model = plan.model_of(deployment)
        assert model.ttft_s and model.output_tokens_per_s and model.quality
        assert set(model.assumed) == {"ttft_s", "output_tokens_per_s", "quality"}


def test_the_card_names_every_file_and_the_true_counts(card, prompts, traffic):
    for path in data_dir().iterdir():
        assert f"`{path.name}`" in card or path.name == "README.md", path.name
    assert f"{len(prompts):,} prompts" in card
    assert f"{prompts['route'].nunique()} routes" in card
    assert f"{len(traffic):,} requests" in card
    assert f"{(traffic['status'] != 200).sum():,} failed" in card
    assert f"{len(Catalog.bundled())} models" in card
    for level, count in prompts["complexity"].value_counts().items():
        assert f"{level} {count}" in card
