"""The ONNX head answers as the router does, or is not written."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import Pipeline

from routelab import InputError, Plan, export, make_router
from routelab.exporters import onnx_head
from routelab.plan import RouterSpec

MODELS = {"strong": "gpt-4o", "cheap": "gpt-4o-mini"}
WORDS = ("sort", "python", "poem", "rhyme", "prove", "integral")


class Words(TransformerMixin, BaseEstimator):
    """Dense unit rows: which of six words a prompt holds, and how long it is."""

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def transform(self, X):
        rows = np.array([[word in text for word in WORDS] + [len(text) / 40] for text in X], float)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


PROMPTS = [f"{word} {i} {'x' * i}" for word in WORDS for i in range(4)]
LABELS = [("code", "art", "math")[WORDS.index(p.split()[0]) // 2] for p in PROMPTS]
PAIR = ["a" if label == "code" else "b" for label in LABELS]


@pytest.fixture
def runtime():
    pytest.importorskip("skl2onnx", reason="needs pip install 'routelab[onnx-export]'")
    return pytest.importorskip("onnxruntime", reason="needs pip install 'routelab[onnx-export]'")


def plan_with(fitted, labels=None):
    routes = dict.fromkeys(("code", "a", "1"), "strong")
    routes |= dict.fromkeys(("art", "math", "b", "2"), "cheap")
    spec = RouterSpec(kind="linear", encoder="words", fitted=fitted, labels=labels)
    return Plan(models=MODELS, default="cheap", routes=routes, router=spec)


def exported(fitted, tmp_path, **given):
    return export(plan_with(fitted, **given), target="onnx", directory=tmp_path / "o")


HEADS = {
    "linear": (make_router("linear", encoder=Words()), LABELS),
    "linear, two classes": (make_router("linear", encoder=Words()), PAIR),
    "centroid": (make_router("centroid", encoder=Words()), LABELS),
    "centroid, two classes": (make_router("centroid", encoder=Words()), PAIR),
    "numbers": (make_router("linear", encoder=Words()), [1 + (label == "b") for label in PAIR]),
    "scikit-learn": (Pipeline([("e", Words()), ("h", LogisticRegression())]), LABELS),
}


@pytest.mark.parametrize("name", HEADS)
def test_the_graph_answers_as_the_router(runtime, tmp_path, name):
    router, labels = HEADS[name]
    fitted = router.fit(PROMPTS, labels)
    exported(fitted, tmp_path)
    session = runtime.InferenceSession(str(tmp_path / "o" / "head.onnx"))
    asked = [*PROMPTS, "write a poem in python", "prove it", "hello"]
    rows = Words().transform(asked)
    label, shares = session.run(["label", "probabilities"], {"rows": rows})
    assert label.astype(str).tolist() == fitted.predict(asked).astype(str).tolist()
    np.testing.assert_allclose(shares, fitted.predict_proba(asked), atol=1e-5)


def test_what_a_program_needs_beside_the_graph_is_written(runtime, tmp_path):
    fitted = make_router("linear", encoder=Words()).fit(PROMPTS, LABELS)
    path = tmp_path / "labels.csv"
    rows = [f"{prompt},{label}" for prompt, label in zip(PROMPTS, LABELS, strict=True)]
    path.write_text("prompt,label\n" + "\n".join(rows) + "\n")
    result = exported(fitted, tmp_path, labels=str(path))
    assert [str(file) for file in result.files] == ["NOT_EXPORTED.md", "head.json", "head.onnx"]
    assert json.loads((tmp_path / "o" / "head.json").read_text()) == {
        "format": 1,
        "encoder": "words",
        "width": 7,
        "classes": ["art", "code", "math"],
        "groups": {"art": "cheap", "code": "strong", "math": "cheap"},
        "default": "cheap",
        "compared_on_prompts": 24,
    }
    assert "head.onnx takes its vectors, 7 numbers" in result.not_carried[0]


@pytest.mark.parametrize(
    ("router", "said"),
    [
        (make_router("knn", encoder=Words()), "the head NeighborsHead has no ONNX form"),
        (
            make_router("centroid", encoder=Words(), threshold=0.5),
            "CentroidHead with a threshold or several centroids has no ONNX form",
        ),
        (make_router("centroid", encoder=Words(), centroids=2), "several centroids has no ONNX"),
        (
            make_router("centroid", encoder=Words(), space="discriminant"),
            "got Words -> DiscriminantSpace -> CentroidHead",
        ),
        (make_router("length"), "got LengthRouter"),
        (make_router("linear"), "TfidfEncoder gives sparse ones: use an encoder such as 'onnx:"),
    ],
    ids=["knn", "threshold", "centroids", "space", "length", "tfidf"],
)
def test_what_has_no_onnx_form_is_refused_by_name(runtime, tmp_path, router, said):
    with pytest.raises(InputError, match=said):
        exported(router.fit(PROMPTS * 5, LABELS * 5), tmp_path)
    assert not (tmp_path / "o").exists()


def test_a_head_that_skl2onnx_does_not_know_is_refused(runtime, tmp_path):
    router = Pipeline([("e", Words()), ("h", NearestCentroid())])
    with pytest.raises(InputError, match="skl2onnx does not convert the head NearestCentroid"):
        exported(router.fit(PROMPTS, LABELS), tmp_path)


def test_a_graph_that_answers_otherwise_is_not_written(runtime, tmp_path, monkeypatch):
    fitted = make_router("linear", encoder=Words()).fit(PROMPTS, LABELS)
    other = make_router("linear", encoder=Words()).fit(PROMPTS, LABELS[::-1])
    equal = onnx_head._equal
    monkeypatch.setattr(onnx_head, "_equal", lambda head: equal(other.steps[1][1]))
    with pytest.raises(InputError, match=r"LogisticHead answers otherwise on \d+ of \d+ prompts"):
        exported(fitted, tmp_path)
    assert not (tmp_path / "o").exists()


def test_an_encoder_of_a_service_needs_the_label_file(runtime, tmp_path):
    from routelab.encoders import LitellmEncoder

    fitted = make_router("linear", encoder=Words()).fit(PROMPTS, LABELS)
    fitted.steps[0] = ("encoder", LitellmEncoder("text-embedding-3-small"))
    with pytest.raises(InputError, match=r"asks a service: set router\.labels"):
        exported(fitted, tmp_path)


def test_a_plan_without_a_router_has_no_head(tmp_path):
    plan = Plan(models=MODELS, default="cheap")
    with pytest.raises(InputError, match="the head of a router, and the plan has none"):
        export(plan, target="onnx", directory=tmp_path / "o")


def test_without_the_extra_its_name_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    fitted = make_router("linear", encoder=Words()).fit(PROMPTS, LABELS)
    with pytest.raises(InputError, match=r'pip install "routelab\[onnx-export\]"'):
        exported(fitted, tmp_path)


def test_real_embeddings_keep_their_answers(runtime, tmp_path, shared):
    pytest.importorskip("safetensors", reason="needs pip install 'routelab[static]'")
    folder = shared / "models" / "minilm-l6-static-256"
    if not folder.is_dir():
        pytest.skip(f"no model at {folder}")
    router = make_router("linear", encoder=f"static:{folder}").fit(PROMPTS, LABELS)
    exported(router, tmp_path)
    facts = json.loads((tmp_path / "o" / "head.json").read_text())
    assert facts["width"] == 256 and facts["compared_on_prompts"] > 100
