"""Models of the sentence-transformers package: by a stand-in, and by the package where it is."""

import sys
import types

import numpy as np
import pytest
from sklearn.base import clone

from routelab import InputError, make_encoder, make_router
from routelab.encoders import SentenceTransformersEncoder
from routelab.encoders import sentence_transformers as module
from routelab.routers._store import load_router, save_router


class SentenceTransformer:
    """As much of the package's class as is used, with its names of arguments."""

    opened: list[str] = []
    calls: list[tuple[int, int]] = []

    def __init__(self, model_name_or_path):
        if model_name_or_path == "none/there":
            raise OSError("none/there is not a local folder")
        SentenceTransformer.opened.append(model_name_or_path)

    def encode(self, inputs, *, batch_size=32, show_progress_bar=None):
        assert show_progress_bar is False
        SentenceTransformer.calls.append((len(inputs), batch_size))
        return np.array([[3.0, 4.0 * len(text)] for text in inputs], dtype=np.float16)


@pytest.fixture
def package(monkeypatch):
    module._open.cache_clear()
    SentenceTransformer.opened, SentenceTransformer.calls = [], []
    stub = types.SimpleNamespace(SentenceTransformer=SentenceTransformer)
    monkeypatch.setitem(sys.modules, "sentence_transformers", stub)
    yield SentenceTransformer
    module._open.cache_clear()


def test_rows_are_float32_of_length_one(package):
    rows = make_encoder("sentence-transformers:some/name").transform(["x", ""])
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, [[0.6, 0.8], [1, 0]], rtol=1e-6)  # (3, 4) / 5, (3, 0) / 3
    assert SentenceTransformersEncoder("some/name").transform([]).shape == (0, 0)


def test_the_model_is_opened_once_at_first_use(package):
    encoder = make_encoder("sentence-transformers:some/name")
    clone(encoder).fit(["a"])
    assert package.opened == []
    for _ in range(3):
        clone(encoder).transform(["a"])
    assert package.opened == ["some/name"]


def test_a_folder_whose_files_changed_is_opened_again(package, tmp_path):
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text("{}")
    encoder = SentenceTransformersEncoder(str(tmp_path))
    encoder.transform(["a"])
    (tmp_path / "1_Pooling" / "config.json").write_text('{"changed": true}')
    encoder.transform(["a"])
    assert package.opened == [str(tmp_path)] * 2


def test_long_lists_go_in_blocks_and_keep_their_order(package):
    prompts = ["y" * i for i in range(100)]
    rows = SentenceTransformersEncoder("some/name", batch_size=4).transform(prompts)
    assert package.calls == [(64, 4), (36, 4)]  # 16 batches of 4, and the rest
    np.testing.assert_allclose(rows[:, 1] / rows[:, 0], [4 * i / 3 for i in range(100)], rtol=1e-5)


def test_a_router_holds_the_name_and_not_the_model(package, tmp_path):
    router = make_router("knn", encoder="sentence-transformers:some/name", k=1)
    router.fit(["a", "abcdefgh"], ["short", "long"])
    save_router(router, tmp_path / "router.skops")
    again = load_router(tmp_path / "router.skops")
    assert again.predict(["b", "hgfedcba"]).tolist() == ["short", "long"]
    assert package.opened == ["some/name"]


def test_what_cannot_be_opened_is_named(package, monkeypatch):
    with pytest.raises(InputError, match="'sentence-transformers:none/there' cannot be opened: n"):
        make_encoder("sentence-transformers:none/there").transform(["x"])
    with pytest.raises(InputError, match="write 'sentence-transformers:<folder or hub name>'"):
        make_encoder("sentence-transformers")
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(InputError, match=r'pip install "routelab\[sentence-transformers\]"'):
        make_encoder("sentence-transformers:another/name").transform(["x"])


@pytest.mark.filterwarnings("ignore")  # torch and the hub's client warn while they are imported
def test_a_real_model_reads_from_a_folder(tmp_path):
    real = pytest.importorskip("sentence_transformers", reason="needs sentence-transformers")
    tokenizers = pytest.importorskip("tokenizers")
    from sentence_transformers.models import StaticEmbedding

    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"red": 0, "blue": 1}, "red"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    vectors = np.array([[3.0, 4.0, 0.0], [1.0, 0.0, 0.0]], dtype=np.float32)
    made = real.SentenceTransformer(
        modules=[StaticEmbedding(words, embedding_weights=vectors)], device="cpu"
    )
    made.save(str(tmp_path / "model"))
    encoder = make_encoder(f"sentence-transformers:{tmp_path / 'model'}")
    rows = encoder.transform(["red", "red blue"])
    # (3, 4, 0) / 5; the mean of both words is (2, 2, 0), of length one (1, 1, 0) / sqrt(2)
    np.testing.assert_allclose(rows, [[0.6, 0.8, 0], [0.5**0.5, 0.5**0.5, 0]], rtol=1e-6)
