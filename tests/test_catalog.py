"""Prices are read with their source, wrong ones are refused.

And one formula says what a call costs.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from routelab import Catalog, InputError, Model

PRICES = {"input_usd_per_mtok": 2.0, "output_usd_per_mtok": 8.0}


def model(name="a", **changes) -> Model:
    return Model(name, "openai", **{**PRICES, **changes})


def write(tmp_path, text):
    path = tmp_path / "catalog.yaml"
    path.write_text(text)
    return path


@pytest.fixture
def litellm(monkeypatch):
    """Stand in for LiteLLM: a price map, and a version."""
    entries = {
        "gpt-4o": {
            "litellm_provider": "openai",
            "input_cost_per_token": 2.5e-06,
            "output_cost_per_token": 1e-05,
            "cache_read_input_token_cost": 1.25e-06,
            "max_input_tokens": 128000,
            "max_output_tokens": 16384,
            "mode": "chat",
        },
        "cerebras/llama3.1-8b": {
            "litellm_provider": "cerebras",
            "input_cost_per_token": 1e-07,
            "output_cost_per_token": 1e-07,
        },
        "embed": {"litellm_provider": "openai", "input_cost_per_token": 2e-08, "mode": "embedding"},
        "labs/unpriced": {
            "litellm_provider": "labs",
            "input_cost_per_token": 0.0,
            "output_cost_per_token": 0.0,
            "mode": "chat",
        },
        "per-image": {"litellm_provider": "openai", "output_cost_per_image": 0.04},
    }
    monkeypatch.setitem(sys.modules, "litellm", SimpleNamespace(model_cost=entries))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.2.3")
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "False")


def test_a_call_costs_its_tokens_at_the_models_prices():
    # 1000 in at 2.50 and 200 out at 10 per million: 0.0025 + 0.002
    assert Catalog.bundled().cost("gpt-4o", 1000, 200) == pytest.approx(0.0045, rel=1e-12)


def test_cached_tokens_cost_the_cached_price():
    # 600 at 2.50, 400 at 1.25, 200 out at 10
    cost = Catalog.bundled().cost("gpt-4o", 1000, 200, 400)
    assert cost == pytest.approx(0.0015 + 0.0005 + 0.002, rel=1e-12)


def test_cached_tokens_cost_the_full_price_where_no_cached_one_is_known():
    catalog = Catalog([model()])
    assert catalog.cost("a", 1000, 0, 400) == pytest.approx(0.002, rel=1e-12)


def test_arrays_cost_what_their_elements_cost():
    catalog = Catalog.bundled()
    tokens_in, tokens_out, cached = np.array([10, 5000]), np.array([0, 700]), np.array([0, 4096])
    expected = [catalog.cost("gpt-4o", 10, 0, 0), catalog.cost("gpt-4o", 5000, 700, 4096)]
    assert catalog.cost(catalog["gpt-4o"], tokens_in, tokens_out, cached).tolist() == expected


@pytest.mark.parametrize("cached", [11, np.array([3, 11])])
def test_more_cached_tokens_than_input_are_refused(cached):
    with pytest.raises(InputError, match="cannot exceed"):
        Catalog([model()]).cost("a", 10, 0, cached)


def test_an_unknown_model_has_no_price_of_zero():
    with pytest.raises(InputError, match="no model 'gpt4o'.*did you mean 'gpt-4o'"):
        Catalog.bundled().cost("gpt4o", 1, 1)


def test_every_bundled_entry_has_a_source_and_a_date():
    catalog = Catalog.bundled()
    assert len(catalog) >= 30
    for name in catalog:
        entry = catalog[name]
        assert entry.source and re.fullmatch(r"20\d\d-\d\d(-\d\d)?", entry.date), name
        assert entry.litellm_model and entry.context_window, name


def test_bundled_figures_without_a_source_are_marked_as_assumed():
    catalog = Catalog.bundled()
    for name in catalog:
        given = {
            f for f in ("ttft_s", "output_tokens_per_s", "quality") if getattr(catalog[name], f)
        }
        assert given == set(catalog[name].assumed), name


def test_the_bundled_price_book_has_prices_that_litellm_lacks():
    sonnet = Catalog.bundled()["claude-sonnet-4-20250514"]
    assert (sonnet.input_usd_per_mtok, sonnet.output_usd_per_mtok) == (3, 15)


def test_yaml_round_trip_is_equal_and_keeps_the_hash(tmp_path):
    catalog = Catalog.bundled()
    catalog.to_yaml(tmp_path / "copy.yaml")
    copy = Catalog.from_yaml(tmp_path / "copy.yaml")
    assert copy == catalog and hash(copy) == hash(catalog)
    assert copy.names == catalog.names
    assert Catalog.from_mapping(catalog.to_mapping()) == catalog


def test_names_that_yaml_would_misread_survive_the_round_trip(tmp_path):
    catalog = Catalog([model(name) for name in ("on", "1.5", "null", "2026-11-23", "a: b", "#x")])
    catalog.to_yaml(tmp_path / "c.yaml")
    assert Catalog.from_yaml(tmp_path / "c.yaml").names == catalog.names


def test_the_hash_depends_on_content_not_on_order_or_spelling():
    a, b = model("a"), model("b")
    assert Catalog([a, b]).content_hash == Catalog([b, a]).content_hash
    whole = model("a", input_usd_per_mtok=2)
    assert Catalog([whole]).content_hash == Catalog([a]).content_hash
    assert Catalog([a]).content_hash != Catalog([model(ttft_s=0.5)]).content_hash
    assert len(Catalog([a]).content_hash) == 64


def test_a_frame_has_one_row_per_model():
    frame = Catalog.bundled().to_frame()
    assert frame.index.tolist() == Catalog.bundled().names
    assert frame.loc["gpt-4o", "output_usd_per_mtok"] == 10


def test_a_selection_keeps_the_asked_order():
    picked = Catalog.bundled().select(["gpt-4o-mini", "gpt-4o"])
    assert picked.names == ["gpt-4o-mini", "gpt-4o"] and "gpt-4o" in picked
    assert repr(picked).startswith("Catalog(2 models, ")


def test_two_models_of_one_name_are_refused(tmp_path):
    with pytest.raises(InputError, match="two models named 'a'"):
        Catalog([model(), model()])
    entry = "{provider: p, input_usd_per_mtok: 1, output_usd_per_mtok: 1}"
    with pytest.raises(InputError, match=r"catalog.yaml:3:3: the key 'a' stands twice"):
        Catalog.from_yaml(write(tmp_path, f"models:\n  a: {entry}\n  a: {entry}\n"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_usd_per_mtok": -1}, "input_usd_per_mtok: must be a number of at least 0, got -1"),
        ({"output_usd_per_mtok": float("nan")}, "output_usd_per_mtok: .* got nan"),
        ({"output_usd_per_mtok": None}, "output_usd_per_mtok: .* got None"),
        ({"cached_input_usd_per_mtok": float("inf")}, "cached_input_usd_per_mtok: .* got inf"),
        ({"input_usd_per_mtok": "1e3"}, "got '1e3'"),
        ({"input_usd_per_mtok": True}, "got True"),
        ({"input_usd_per_mtok": 0}, "input_usd_per_mtok: a price of 0 usually means unknown"),
        ({"output_usd_per_mtok": 0}, "output_usd_per_mtok: a price of 0 usually means unknown"),
        ({"mode": "embedding", "input_usd_per_mtok": 0}, "input_usd_per_mtok: a price of 0"),
        ({"quality": 1.5}, r"quality: must be in \[0, 1\], got 1.5"),
        ({"output_tokens_per_s": 0}, "output_tokens_per_s: must be above 0"),
        ({"context_window": 0}, "context_window: must be a whole number above 0, got 0"),
        ({"rpm": 1.5}, "rpm: must be a whole number above 0, got 1.5"),
        ({"free": "yes"}, "free: must be true or false, got 'yes'"),
        ({"mode": "image"}, "mode: must be 'chat' or 'embedding', got 'image'"),
        ({"date": "23.11.2026"}, "date: must be YYYY-MM-DD or YYYY-MM, got '23.11.2026'"),
        ({"litellm_model": 4}, "litellm_model: must be text, got 4; put it in quotes"),
        ({"name": ""}, "name: must be text, got ''"),
        ({"assumed": "quality"}, "assumed: must be a list, got 'quality'"),
        ({"assumed": ["qualty"]}, "assumed: names no field: 'qualty'.*did you mean 'quality'"),
    ],
)
def test_wrong_values_are_named(changes, message):
    with pytest.raises(InputError, match=message):
        model(**changes)


def test_prices_of_zero_need_free():
    assert (
        Catalog([model(input_usd_per_mtok=0, output_usd_per_mtok=0, free=True)]).cost("a", 9, 9)
        == 0
    )
    assert model(mode="embedding", output_usd_per_mtok=0).output_usd_per_mtok == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "models:\n  a:\n    provider: p\n",
            r"catalog.yaml:2:3: model 'a': input_usd_per_mtok: is missing",
        ),
        (
            "models:\n  a:\n    provider: p\n    output_usd_per_mtok: 1\n    "
            "input_usd_per_mtok: .nan\n",
            r"catalog.yaml:5:5: model 'a': input_usd_per_mtok: must be a number",
        ),
        (
            "models:\n  a:\n    provider: p\n    input_usd: 1\n",
            r"catalog.yaml:4:5: model 'a': input_usd: no such field.*'input_usd_per_mtok'",
        ),
        (
            "models:\n  1.5: {provider: p}\n",
            r"catalog.yaml:2:3: model 1.5: name: .* put it in quotes",
        ),
        ("models:\n  a: 3\n", r"catalog.yaml:2:3: model 'a': fields: must be a mapping, got int"),
        ("models: [a]\n", r"catalog.yaml:1:1: a catalog is a mapping with the key 'models'"),
        ("- a\n", r"catalog.yaml:1:1: a catalog is a mapping"),
        ("models: {a: [\n", r"catalog.yaml:2:1: not valid YAML"),
    ],
)
def test_errors_in_yaml_name_the_place(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        Catalog.from_yaml(write(tmp_path, text))


def test_a_date_without_quotes_is_a_date(tmp_path):
    entry = "{provider: p, input_usd_per_mtok: 1, output_usd_per_mtok: 1, date: 2026-11-23}"
    assert Catalog.from_yaml(write(tmp_path, f"models:\n  a: {entry}\n"))["a"].date == "2026-11-23"


def test_a_mapping_needs_models():
    with pytest.raises(InputError, match="the key 'models'"):
        Catalog.from_mapping({"a": {}})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="catalog .*none.yaml' does not exist"):
        Catalog.from_yaml(tmp_path / "none.yaml")


def test_litellms_prices_become_prices_per_million(litellm):
    catalog = Catalog.from_litellm(["gpt-4o", "cerebras/llama3.1-8b", "embed"])
    gpt, llama = catalog["gpt-4o"], catalog["cerebras/llama3.1-8b"]
    assert (gpt.input_usd_per_mtok, gpt.output_usd_per_mtok) == (2.5, 10)
    assert gpt.cached_input_usd_per_mtok == 1.25 and gpt.max_output_tokens == 16384
    assert (gpt.litellm_model, gpt.source) == ("openai/gpt-4o", "LiteLLM price map 1.2.3")
    assert (llama.input_usd_per_mtok, llama.litellm_model) == (0.1, "cerebras/llama3.1-8b")
    assert (catalog["embed"].mode, catalog["embed"].output_usd_per_mtok) == ("embedding", 0)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gpt-4", "LiteLLM 1.2.3 has no price for 'gpt-4'.*did you mean 'gpt-4o'"),
        ("labs/unpriced", "a price of 0 usually means unknown"),
        ("per-image", "input_usd_per_mtok: must be a number of at least 0, got None"),
    ],
)
def test_what_litellm_does_not_price_is_refused(litellm, name, message):
    with pytest.raises(InputError, match=message):
        Catalog.from_litellm([name])


def test_a_missing_litellm_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "litellm", None)
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    with pytest.raises(InputError, match=r'pip install "routelab\[litellm\]"'):
        Catalog.from_litellm(["gpt-4o"])


@pytest.mark.litellm
@pytest.mark.filterwarnings("ignore")
def test_costs_are_litellms_to_1e_12(monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    module = pytest.importorskip("litellm", reason="needs litellm: pip install 'routelab[litellm]'")
    book = Catalog.bundled()
    names = [n for n in book if n in module.model_cost and book[n].mode == "chat"]
    catalog = Catalog.from_litellm(names)
    assert len(names) > 20
    for name in names:
        entry = module.model_cost[name]
        theirs = 12_345 * entry["input_cost_per_token"] + 678 * entry["output_cost_per_token"]
        assert catalog.cost(name, 12_345, 678) == pytest.approx(theirs, rel=1e-12), name
    (cost_in, cost_out) = module.cost_per_token(
        "gpt-4o", prompt_tokens=12_345, completion_tokens=678
    )
    assert book.cost("gpt-4o", 12_345, 678) == pytest.approx(cost_in + cost_out, rel=1e-12)
    for name in names:
        if book[name].source == catalog[name].source:
            assert book.cost(name, 1, 1, 1) == catalog.cost(name, 1, 1, 1), name
