"""Hostile text from logs and labels reaches no HTML unescaped, and no figure as a formula."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import Plan, make_router, simulate, ui
from routelab.report import write_report

from .conftest import DEAR, FAIR, FORMULA, HOSTILE, html_of


@pytest.fixture
def hostile_plan():
    from routelab import Catalog

    catalog = Catalog([DEAR, FAIR])
    return Plan(
        name=HOSTILE, catalog=catalog, models={HOSTILE: "dear", FORMULA: "fair"}, default=FORMULA,
        fallbacks={HOSTILE: [FORMULA]},
    )  # fmt: skip


def panels(comparison, traffic, plan):
    router = make_router("centroid").fit([HOSTILE, FORMULA], [HOSTILE, FORMULA])
    explore = ui.explore({HOSTILE: router, FORMULA: router}, [HOSTILE, FORMULA], plan=plan)
    yield explore
    explore.text.value = f"{FORMULA} {HOSTILE}"
    yield explore
    examples = pd.DataFrame({"prompt": [HOSTILE, FORMULA], "label": [HOSTILE, FORMULA]})
    prompts = [HOSTILE, FORMULA, f"{FORMULA} 2", f"meant \u202e {HOSTILE}"]
    mapped = ui.explore({HOSTILE: router, FORMULA: router}, prompts, labels=examples,
                        show_prompts=True)  # fmt: skip
    assert mapped.map is not None
    yield mapped
    mapped.text.value = f"\x1b[31m{HOSTILE} {'x' * 100_000}"
    mapped.wait(60)  # a long prompt is asked about in the background
    assert "router" in mapped.status.text
    mapped.map.of.value = FORMULA
    yield mapped
    compare = ui.compare(comparison)
    yield compare
    compare.update(router=HOSTILE, truth=HOSTILE)
    yield compare
    yield ui.budget(traffic.assign(user=HOSTILE, tier=HOSTILE), plan)
    strange = traffic.assign(model=HOSTILE, provider=FORMULA, user=FORMULA, cost_usd=0.1)
    watched = ui.watch(strange, plan, n_paths=5)
    assert HOSTILE in [str(name) for name in watched.result.report.unknown.index] + list(
        plan.models
    )
    yield watched
    watched.update(feature="model", last_day=1)
    yield watched
    export = ui.export(plan)
    yield export
    export.file.value = "NOT_EXPORTED.md"
    yield export
    export.status.error(HOSTILE)
    yield export


def test_no_panel_lets_raw_markup_through(comparison, traffic, hostile_plan):
    seen = 0
    for panel in panels(comparison, traffic, hostile_plan):
        text = html_of(panel)
        assert "<img" not in text and 'onerror="' not in text
        seen += "&lt;img" in text
    assert seen >= 5


def test_the_report_lets_no_markup_through(comparison, traffic, hostile_plan, tmp_path):
    replay = simulate(traffic.assign(user=HOSTILE), hostile_plan)
    path = write_report(
        tmp_path / "r.html", replay=replay, comparisons={HOSTILE: comparison}, title=HOSTILE
    )
    text = path.read_text(encoding="utf-8")
    assert "<img src=x" not in text and 'onerror="' not in text and "<script" not in text
    assert "&lt;img src=x" in text
