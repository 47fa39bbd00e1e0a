"""A stored router brings along neither an address nor files of its own."""

from functools import partial

import numpy as np
import pytest
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from routelab import InputError, make_router
from routelab.encoders import CachedEncoder, LitellmEncoder, StaticEncoder, StaticTable
from routelab.encoders.turns import TurnsEncoder
from routelab.routers import OutcomeRouter, load_router, save_router
from routelab.routers._store import _encoders

TABLE = StaticEncoder(StaticTable(["red", "blue"], np.eye(2)))
ADDRESS = "http://127.0.0.1:1/v1"
ELSEWHERE = {"api_base": ADDRESS}


def stored(encoder, tmp_path):
    """Store a router that was fitted with the table, its encoder replaced."""
    router = make_router("knn", encoder=TABLE, k=1).fit(["red", "blue"], ["a", "b"])
    router.steps[0] = ("encoder", encoder)
    save_router(router, tmp_path / "router.skops")
    return tmp_path / "router.skops"


@pytest.mark.parametrize("encoder", [
    LitellmEncoder("some-model", **ELSEWHERE),
    LitellmEncoder("huggingface/https://host.example/embed"),
    CachedEncoder(LitellmEncoder("some-model", **ELSEWHERE)),
    TurnsEncoder(LitellmEncoder("some-model", **ELSEWHERE)),
    make_pipeline(FeatureUnion([("one", LitellmEncoder("some-model", **ELSEWHERE))])),
    FunctionTransformer(kw_args={"a": {"b": [(LitellmEncoder("some-model", **ELSEWHERE),)]}}),
])  # fmt: skip
def test_an_address_in_the_file_is_refused_unless_trusted(encoder, tmp_path):
    path = stored(encoder, tmp_path)
    with pytest.raises(InputError, match=r"names an address.*load_router\(path, trust_api_base=Tr"):
        load_router(path)
    again = load_router(path, trust_api_base=True)
    assert [str(e) for e in _encoders(again)] == [str(e) for e in _encoders(encoder)]


def test_a_fitted_encoder_is_looked_at_too(tmp_path):
    router = OutcomeRouter(TABLE, None)
    router.encoder_ = LitellmEncoder("some-model", **ELSEWHERE)
    save_router(router, tmp_path / "router.skops")
    with pytest.raises(InputError, match="names an address of its own"):
        load_router(tmp_path / "router.skops")
    assert load_router(tmp_path / "router.skops", trust_api_base=True).encoder_.api_base == ADDRESS


def test_no_container_hides_an_encoder():
    encoder = LitellmEncoder("some-model")
    array = np.array([None, encoder], dtype=object)
    for hidden in (partial(print, encoder), {encoder: 1}, {encoder}, array, encoder.transform):
        assert _encoders([hidden]) == [encoder]


@pytest.mark.parametrize(("cache", "loaded"), [("own.sqlite", True), (True, True), (False, False)])
def test_files_of_kept_vectors_are_those_of_the_reader(cache, loaded, tmp_path):
    if isinstance(cache, str):
        cache = str(tmp_path / "none" / cache)
    path = stored(LitellmEncoder("some-model", cache=cache), tmp_path)
    assert load_router(path)[0].cache is loaded
    path = stored(CachedEncoder(TABLE, str(tmp_path / "none" / "own.sqlite")), tmp_path)
    again = load_router(path)
    assert again[0].path is None and not (tmp_path / "none").exists()


def test_an_encoder_without_an_address_loads_as_it_is(tmp_path):
    again = load_router(stored(LitellmEncoder("voyage/voyage-3", batch_size=5), tmp_path))
    assert again[0].batch_size == 5 and again[0].api_base is None
