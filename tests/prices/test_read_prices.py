"""Price lists: units, days, entries without a price, and what changed."""

from __future__ import annotations

import csv
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routelab import Catalog, InputError, Model, load_prices, read_prices
from routelab.prices import diff_prices


@pytest.fixture
def write(tmp_path):
    def keep(document, name="prices.json"):
        (tmp_path / name).write_text(json.dumps(document, indent=1))
        return tmp_path / name

    return keep


def history(*prices):
    return {"vendor": "v", "models": [{"id": "m", "price_history": list(prices)}]}


def test_litellm_maps_are_per_token(data):
    catalog, report = load_prices(data / "prices" / "litellm_format_2025-09.json")
    assert (report.format, report.rows_read) == ("litellm", 1701)
    assert report.rejected == []
    assert catalog["gpt-4o"].input_usd_per_mtok == 2.5
    assert catalog["gpt-4o"].output_usd_per_mtok == 10.0
    reasons = [reject.reason for reject in report.aside]
    raw = json.loads((data / "prices" / "litellm_format_2025-09.json").read_text())
    assert reasons.count("the map's own example") == ("sample_spec" in raw)
    assert len(catalog) == 1701 - len(report.aside)


def test_two_dates_of_the_map_differ(data):
    old = read_prices(data / "prices" / "litellm_2024-04.json")
    new = read_prices(data / "prices" / "litellm_format_2025-09.json")
    changes = old.diff(new)
    gone = set(old.names) - set(new.names)
    assert set(changes[changes.change == "removed"].model) == gone
    assert (changes.change == "added").sum() == len(set(new.names) - set(old.names))
    changed = changes[changes.change == "changed"]
    for row in changed.itertuples():
        field = {"input": "input", "output": "output", "cached_input": "cached_input"}[row.price]
        values = [getattr(c[row.model], f"{field}_usd_per_mtok") for c in (old, new)]
        assert values[0] != values[1]
    assert old.diff(old).empty


def test_a_price_holds_from_its_day_until_the_next(write):
    path = write(history(
        {"input": 2.5, "output": 15, "input_cached": 0.25, "from_date": None,
         "to_date": "2026-07-30"},
        {"input": 2, "output": 12, "input_cached": None, "from_date": "2026-07-30",
         "to_date": None},
    ))  # fmt: skip
    assert read_prices(path, on="2026-07-29")["m"].input_usd_per_mtok == 2.5
    assert read_prices(path, on="2026-07-30")["m"].input_usd_per_mtok == 2
    now = read_prices(path)["m"]
    assert (now.output_usd_per_mtok, now.cached_input_usd_per_mtok) == (12, None)
    assert (now.date, now.provider) == ("2026-07-30", "v")
    with pytest.raises(InputError, match="'on' must be a day"):
        read_prices(path, on="July")


def test_real_histories_of_all_vendors(data):
    catalog, report = load_prices(data / "prices" / "history")
    assert report.rows_read == 142
    earlier = read_prices(data / "prices" / "history", on="2026-07-01")
    changes = earlier.diff(catalog)
    assert set(changes.change) <= {"changed", "added", "removed"}
    assert "gpt-5.6-terra" in set(changes[changes.change == "changed"].model)
    ratio = changes[(changes.model == "gpt-5.6-terra") & (changes.price == "input")].ratio
    assert ratio.tolist() == [0.8]  # from 2.5 to 2 USD


def test_units_are_not_mistaken(write):
    entry = {"litellm_provider": "x", "mode": "chat", "output_cost_per_token": 1e-6}
    document = {
        "good": {**entry, "input_cost_per_token": 1e-6},
        "million": {**entry, "input_cost_per_token": 2.5},
        "image": {**entry, "mode": "image_generation"},
        "text": {**entry, "input_cost_per_token": "cheap"},
    }
    catalog, report = load_prices(write(document))
    assert catalog.names == ["good"]
    found = {json.loads(r.raw).popitem()[0]: (r.line, r.reason) for r in report.rejected}
    assert found["million"] == (8, "2.5 USD per token: more than 0.01 is a mistake")
    assert set(found) == {"million", "text"}
    assert [reject.reason for reject in report.aside] == ["mode 'image_generation' is not chat"]


def test_every_price_list_is_found_with_its_rows(data):
    family = ("prices/", "routerarena/cost", "llmrouter_9models/cand", "call_log_openrouter/LLM_D")
    for row in csv.DictReader((data / "MANIFEST.csv").read_text(encoding="utf-8").splitlines()):
        name = row["file"]
        if name.startswith(family):
            _, report = load_prices(data / name)
            assert report.rows_read == int(row["rows"]), name
            assert report.rows_read == report.rows_accepted + len(report.rejects), name
        elif name.endswith(".json") and not name.startswith("trace_servegen"):
            with pytest.raises(InputError, match="no price list that is known"):
                load_prices(data / name)


def test_a_catalog_of_routelab_is_a_price_list(tmp_path):
    Catalog.bundled().to_yaml(tmp_path / "c.yaml")
    assert read_prices(tmp_path / "c.yaml") == Catalog.bundled()


def test_errors_name_the_place(tmp_path):
    path = tmp_path / "p.json"
    path.write_text('{"a": \n nope}')
    with pytest.raises(InputError, match=r"p.json:2:2: not valid JSON"):
        load_prices(path)
    path.write_text("[" * 100_000)
    with pytest.raises(InputError, match="not valid JSON"):
        load_prices(path)
    path.write_text('{"a": {"input_price": 0, "output_price": 0}}')
    with pytest.raises(InputError, match="p.json:1: a price of 0.*not one model"):
        load_prices(path)


def test_diff_of_models_that_came_and_went():
    old = Catalog([Model("a", "x", 2, 8, cached_input_usd_per_mtok=1), Model("b", "x", 1, 1)])
    new = Catalog([Model("a", "x", 2, 4), Model("c", "x", 1, 1)])
    rows = diff_prices(old, new)[["model", "change", "price"]].fillna("").values.tolist()
    assert rows == [
        ["a", "changed", "output"],
        ["a", "changed", "cached_input"],
        ["b", "removed", ""],
        ["c", "added", ""],
    ]


VALUE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just([])


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.integers(0, 3),
    values=st.lists(VALUE, min_size=4, max_size=4),
)
def test_any_value_is_a_reject_or_a_price(write, kind, values):
    a, b, c, d = values
    good = [
        {"input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6, "litellm_provider": "p"},
        None,
        {"input_price": 1, "output_price": 1},
        {"input_token_price_per_million": 1, "output_token_price_per_million": 1},
    ]
    keys = list(good[kind] or {"input": 0, "output": 0})
    bad = dict(zip([*keys, "mode", "max_output_tokens"], values, strict=False))
    if kind == 1:
        document = history({"input": 1, "output": 2})
        document["models"].append({"id": "n", "price_history": [
            {"input": a, "output": b, "from_date": c, "to_date": d}]})  # fmt: skip
    else:
        document = {"good": good[kind], "bad": bad, "worse": a}
    catalog, report = load_prices(write(document))
    assert report.rows_read == report.rows_accepted + len(report.rejects)
    assert all(0 < catalog[name].input_usd_per_mtok <= 1e4 for name in catalog)
