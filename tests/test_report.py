"""The report: one file without network or script, with the numbers of its results."""

from __future__ import annotations

import base64
import dataclasses
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, OutcomeTable, Plan, compare, export, make_router, simulate
from routelab.report import write_report
from routelab.report._found import _budget_sentences, comparison_sentences, replay_sentences


@pytest.fixture(scope="module")
def plan():
    budget = {"scope": "plan", "limit_usd": 0.004, "downgrade_to": ["cheap"]}
    return Plan(
        models={"strong": "gpt-4o", "cheap": "gpt-4o-mini"}, default="strong",
        fallbacks={"strong": ["cheap"]},
        budgets=[{**budget, "when_exhausted": "serve-last"}],
    )  # fmt: skip


@pytest.fixture(scope="module")
def replay(plan):
    stamps = pd.date_range("2026-01-05", periods=60, freq="h", tz="UTC")
    traffic = pd.DataFrame(
        {"timestamp": stamps, "input_tokens": 1000, "output_tokens": 100, "cost_usd": 0.01}
    )
    return simulate(traffic, plan)


@pytest.fixture(scope="module")
def comparison():
    rows = [("fix the loop", "code"), ("write a poem", "art")] * 30
    labels = pd.DataFrame([(f"{p} {i}", label) for i, (p, label) in enumerate(rows)])
    labels.columns = ["prompt", "label"]
    return compare(["centroid"], labels, cv=3, n_boot=200, slices={"half": np.arange(60) // 30})


@pytest.fixture(scope="module")
def outcomes():
    prompts = [f"{word} {i}" for i in range(20) for word in ("prove theorem", "say hello")]
    hard = np.array([word.startswith("prove") for word in prompts])
    quality = np.stack([np.ones(40), np.where(hard, 0.0, 1.0)], axis=1)
    table = OutcomeTable(prompts, ["big", "small"], quality, np.tile([0.01, 0.001], (40, 1)))
    return compare({"near": make_router("outcome-knn", k=3)}, table, cv=2, n_boot=100)


@pytest.fixture(scope="module")
def page(plan, replay, comparison, outcomes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    exported = export(plan, directory=folder / "litellm")
    path = write_report(
        folder / "report.html", replay=replay, comparisons=(comparison, outcomes),
        export_result=exported, title="A & B",
    )  # fmt: skip
    return path.read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Collect tags with their attributes, and check that they are closed in order."""

    VOID = {"meta", "img", "source", "br"}

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def named(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


def test_it_is_one_file_without_script_or_network(page):
    tags = Tags(page)
    assert not tags.open and not tags.named("script") and not tags.named("link")
    assert "http:" not in page and "https:" not in page
    sources = [a["src"] for a in tags.named("img")] + [a["srcset"] for a in tags.named("source")]
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "default-src 'none'" in page


def test_every_picture_has_a_dark_variant_and_a_text(page):
    tags = Tags(page)
    images, dark = tags.named("img"), tags.named("source")
    assert len(images) == len(dark) == 9
    assert all(len(image["alt"]) > 30 for image in images)
    assert all(source["media"] == "(prefers-color-scheme: dark)" for source in dark)
    first = [re.sub("^.*,", "", x) for x in (images[0]["src"], dark[0]["srcset"])]
    assert first[0] != first[1] and base64.b64decode(first[0]).startswith(b"\x89PNG")


def test_every_section_is_there_and_linked(page):
    tags = Tags(page)
    anchors = [a["id"] for a in tags.named("section")]
    assert anchors == [
        "found", "simulation", "comparison-1", "comparison-2", "export", "assumptions", "reproduce"
    ]  # fmt: skip
    assert [a["href"] for a in tags.named("a")] == [f"#{anchor}" for anchor in anchors]
    assert page.count("<caption>") == 5 and "<title>A &amp; B</title>" in page


def test_numbers_are_those_of_the_replay(page, replay):
    s = replay.summary
    told = "60 requests of 2026-01-05 to 2026-01-06 and in part of 2026-01-07 (days in UTC) cost"
    assert s["requests"] == 60 and told in page
    assert f"{replay.daily['spend_usd'].iloc[0]:.3g}" in page
    assert "the plan costs" in page and "less" in page  # the log paid USD 0.60
    for note in replay.notes[:1]:
        assert note in page


def test_verdicts_and_commands_are_there(page, comparison):
    assert comparison.verdicts["centroid"].replace("+", "") in page.replace("+", "")
    assert "routelab compare LABELS --router centroid --out comparison-1" in page
    assert "routelab export PLAN.yaml" in page


def test_a_budget_that_is_kept_and_one_that_is_not(replay, plan):
    told = " ".join(replay_sentences(replay))
    assert "2 days end above the daily budget of $0.004" in told
    roomy = plan.replace(budgets=[{"scope": "plan", "limit_usd": 50}])
    stamps = pd.date_range("2026-01-05", periods=4, freq="h", tz="UTC")
    traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 10, "output_tokens": 10})
    told = " ".join(replay_sentences(simulate(traffic, roomy)))
    assert "Every day stays within the daily budget of $50.00." in told
    assert "No request met the limit" in told


def test_findings_of_a_comparison_name_the_best_router_and_the_best_control(comparison):
    told = list(comparison_sentences(comparison))
    assert told[0].startswith("The best of 1 routers on 60 prompts is centroid")
    assert any("The best control is" in line for line in told)


def test_the_same_classes_twice_get_names_of_their_own(comparison, tmp_path):
    path = write_report(tmp_path / "r.html", comparisons=[comparison, comparison])
    text = path.read_text(encoding="utf-8")
    assert "Comparison: art, code again" in text


def test_the_verdict_stands_beside_the_name_and_errors_are_folded(page, comparison):
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page)
    start = heads.index("verdict")
    assert heads[start - 1 : start + 3] == ["router", "verdict", "accuracy", "95 % interval"]
    row = comparison.table.iloc[0]
    assert f"{row['low']:.3f} to {row['high']:.3f}" in page


def test_the_commands_that_made_it_are_shown_as_they_were_typed(replay, tmp_path):
    typed = ["routelab simulate 'my log.csv' --plan <p>.yaml"]
    path = write_report(tmp_path / "r.html", replay=replay, commands=typed)
    text = path.read_text(encoding="utf-8")
    assert "routelab simulate &#x27;my log.csv&#x27; --plan &lt;p&gt;.yaml" in text
    assert "PLAN.yaml" not in text


def test_requests_of_a_budget_that_ended_otherwise_are_told_apart(replay):
    counts = {"degraded": 5, "refused": 1}
    changed = dataclasses.replace(replay, summary={**replay.summary, "degraded": 7})
    told = next(_budget_sentences(changed, counts))
    assert told == (
        "Budgets sent 7 requests to a cheaper model (2 of them ended with a fallback or a failure) "
        "and refused 1."
    )


def test_an_export_alone_is_a_report(plan, tmp_path):
    result = export(plan, directory=tmp_path / "out")
    text = write_report(tmp_path / "r.html", export_result=result).read_text(encoding="utf-8")
    assert "config.yaml" in text and "none were needed" in text


def test_nothing_to_report_is_an_error_and_writes_nothing(tmp_path):
    with pytest.raises(InputError, match="nothing to report"):
        write_report(tmp_path / "r.html")
    assert not list(tmp_path.iterdir())


def test_a_report_that_fails_leaves_the_old_one(replay, tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("old")
    monkeypatch.setattr("routelab.report.page", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(path, replay=replay)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_errors_are_listed_with_their_text_only_when_asked(tmp_path):
    labels = pd.DataFrame({"prompt": [f"{w} {i}" for i in range(15) for w in ("a loop", "an ode")],
                           "label": ["code", "art"] * 15})  # fmt: skip
    comparison = compare(["keyword"], labels, cv=3, n_boot=50)  # it knows other labels
    wrong = comparison.errors
    assert wrong["prompt"].tolist() == list(range(30))
    hostile = ["<script>alert(1)</script> " + "x" * 400] * comparison.n
    plain = write_report(tmp_path / "a.html", comparisons=[comparison]).read_text()
    told = write_report(tmp_path / "b.html", comparisons=[comparison], prompts=hostile).read_text()
    assert "<summary>30 errors of keyword; prompts by their row" in plain and "script" not in plain
    assert told.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 30
    assert "<script" not in told and "x" * 300 not in told
    with pytest.raises(InputError, match="must be those of one comparison, got 1"):
        write_report(tmp_path / "c.html", comparisons=[comparison], prompts=["one"])
