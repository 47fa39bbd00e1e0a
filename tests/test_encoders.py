"""Encoders: names to transformers, prompts to float32 unit rows."""

import json
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer

from routelab import InputError, make_encoder
from routelab.encoders import (
    ENCODERS,
    HashingEncoder,
    OnnxEncoder,
    StaticEncoder,
    TfidfEncoder,
    check_prompts,
)

PROMPTS = [
    "Sort a list in Python",
    "sort the list",
    "Write a poem about rain",
    "ein Gedicht über Regen",
]


@pytest.fixture
def minilm(shared):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("tokenizers")
    folder = shared / "models" / "minilm-l6-onnx-int8"
    if not folder.is_dir():
        pytest.skip("the MiniLM ONNX model is not there")
    return folder


def dense(rows):
    return rows.toarray() if sp.issparse(rows) else rows


def check_rows(encoder):
    rows = encoder.fit(PROMPTS).transform(PROMPTS)
    assert rows.dtype == np.float32 and rows.shape[0] == len(PROMPTS)
    np.testing.assert_allclose(np.linalg.norm(dense(rows), axis=1), 1, rtol=1e-5)
    again = dense(clone(encoder).fit(PROMPTS).transform(PROMPTS[::-1]))[::-1]
    np.testing.assert_allclose(dense(rows), again, atol=1e-6)
    near, far = dense(rows)[0] @ dense(rows)[1], dense(rows)[0] @ dense(rows)[2]
    assert near > far
    return rows


@pytest.mark.parametrize("spec", ["tfidf", "hashing"])
def test_rows_are_unit_float32_and_repeatable(spec):
    check_rows(make_encoder(spec))


@pytest.mark.parametrize("spec", ["tfidf", "hashing"])
def test_odd_prompts_are_rows_too(spec):
    encoder = make_encoder(spec).fit([*PROMPTS, "😀", "\ud800"])
    rows = encoder.transform(["", "😀", "\ud800", "日本語", "x" * 100_000])
    assert np.isfinite(rows.data).all()
    assert rows[0].nnz == 0 and rows[1].nnz > 0


def test_learning_from_blank_prompts_is_an_error():
    with pytest.raises(InputError, match="all 2 prompts are blank"):
        TfidfEncoder().fit(["", " \n"])


def test_tfidf_survives_storing():
    encoder = TfidfEncoder().fit(PROMPTS)
    again = pickle.loads(pickle.dumps(encoder))  # what joblib does between processes
    assert (again.transform(PROMPTS) != encoder.transform(PROMPTS)).nnz == 0
    unfitted = pickle.loads(pickle.dumps(TfidfEncoder(char_ngrams=(3, 3))))
    assert unfitted.char_ngrams == (3, 3) and not hasattr(unfitted, "words_")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("tfdf", r"unknown encoder 'tfdf' \(did you mean 'tfidf'\?\); known: cached, hashing, "),
        ("onnx", "encoder 'onnx' needs a folder: write 'onnx:<folder>'"),
        ("static:", "encoder 'static:' names nothing after the colon"),
        ("tfidf:3", "encoder 'tfidf' takes no argument, got '3'"),
        (3, "encoder must be a name .* or a scikit-learn transformer, got 3"),
        (CountVectorizer, "scikit-learn transformer"),
    ],
)
def test_bad_specs_say_what_is_known(spec, message):
    with pytest.raises(InputError, match=message):
        make_encoder(spec)


def test_any_transformer_is_an_encoder():
    vectorizer = CountVectorizer()
    assert make_encoder(vectorizer) is vectorizer


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ("text", "got one string 'text'"),
        (["a", None], "prompt at index 1 is not text, got None"),
        (np.zeros((2, 2)), "got shape"),
    ],
)
def test_prompts_are_checked(prompts, message):
    with pytest.raises(InputError, match=message):
        check_prompts(prompts)


def test_half_a_surrogate_pair_becomes_valid_text():
    assert check_prompts(["a\ud800é"]) == ["a?é"]


@pytest.mark.parametrize("kind", ["onnx", "static"])
def test_nothing_is_opened_before_use(kind, tmp_path):
    encoder = make_encoder(f"{kind}:{tmp_path}/nowhere")
    clone(encoder).fit(PROMPTS)
    with pytest.raises(InputError, match=r"encoder model '.*nowhere/model\..*' does not exist"):
        encoder.transform(PROMPTS)


def test_broken_models_say_which_folder(tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("tokenizers")
    pytest.importorskip("safetensors")
    for name in ("model.onnx", "model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_text("no")
    for encoder in (OnnxEncoder(str(tmp_path)), StaticEncoder(str(tmp_path))):
        with pytest.raises(InputError, match="cannot be opened"):
            encoder.transform(PROMPTS)


def test_onnx_rows(minilm):
    rows = check_rows(make_encoder(f"onnx:{minilm}"))
    assert rows.shape[1] == 384
    encoder = OnnxEncoder(str(minilm), batch_size=2).fit(PROMPTS)
    many = ["x " * 2000, "", "\ud800", *PROMPTS]  # cut, empty, not Unicode
    np.testing.assert_allclose(encoder.transform(many)[3:], rows, atol=0.05)  # int8 by batch
    assert len(pickle.dumps(encoder)) < 1000
    assert encoder.transform([]).shape[0] == 0


class FakeSession:
    """A graph with a last hidden state: token i is the vector (id, 1)."""

    def __init__(self, inputs, output):
        self.inputs, self.output = inputs, output

    def get_inputs(self):
        return [type("Node", (), {"name": name}) for name in self.inputs]

    def get_outputs(self):
        return [type("Node", (), {"name": self.output})]

    def run(self, names, feed):
        assert sorted(feed) == sorted(self.inputs)
        return [np.stack([feed["input_ids"], np.ones_like(feed["input_ids"])], axis=2)]


class FakeTokenizer:
    def encode_batch(self, prompts):
        ids = [[ord(c) for c in p] for p in prompts]
        width = max(map(len, ids))
        fields = [(i + [9] * (width - len(i)), [1] * len(i) + [0] * (width - len(i))) for i in ids]
        return [
            type("E", (), {"ids": a, "attention_mask": b, "type_ids": [0] * width})
            for a, b in fields
        ]


@pytest.mark.parametrize("inputs", [("input_ids", "attention_mask"),
                                    ("input_ids", "attention_mask", "token_type_ids")])  # fmt: skip
def test_last_hidden_state_is_averaged_over_the_mask(inputs, tmp_path, monkeypatch):
    (tmp_path / "model.onnx").touch()
    (tmp_path / "tokenizer.json").touch()
    session = FakeSession(inputs, "last_hidden_state")
    monkeypatch.setattr("routelab.encoders.onnx._open", lambda *_: (session, FakeTokenizer()))
    rows = OnnxEncoder(str(tmp_path)).transform(["\x01\x03", "\x02"])  # means (2, 1) and (2, 1)
    np.testing.assert_allclose(rows, np.array([[2, 1], [2, 1]]) / 5**0.5, rtol=1e-6)


def test_unknown_graph_input_is_named(tmp_path, monkeypatch):
    (tmp_path / "model.onnx").touch()
    (tmp_path / "tokenizer.json").touch()
    session = FakeSession(("input_ids", "pixels"), "emb")
    monkeypatch.setattr("routelab.encoders.onnx._open", lambda *_: (session, FakeTokenizer()))
    with pytest.raises(InputError, match="wants the input 'pixels'"):
        OnnxEncoder(str(tmp_path)).transform(["a"])


def test_every_encoder_is_registered():
    assert set(ENCODERS.names()) >= {"tfidf", "hashing", "model2vec", "onnx", "static"}
    assert isinstance(make_encoder("hashing"), HashingEncoder)


def test_state_is_plain_arrays():
    state = TfidfEncoder().fit(PROMPTS).__getstate__()
    terms = json.loads(state["words_terms"].tobytes())
    assert terms == sorted(terms) and "sort" in terms
