"""Input that nobody wishes for: an answer or a clear error, never something in between."""

import time

import numpy as np
import pytest

from routelab import InputError, make_encoder, make_router
from routelab.encoders import PromptEncoder

#: One kind for each way to read a prompt.
READS = ["centroid", "complexity", "keyword", "length", "random"]
#: Kinds that tell classes apart; the others take what they get.
NEEDS_TWO = ["centroid", "complexity", "hierarchical", "knn", "linear", "scoped"]
PROMPTS = ["sort a list", "fix this loop", "write a poem", "tell a story", "prove it", "show that"]
LABELS = ["low", "low", "medium", "medium", "high", "high"]
MEGABYTE = "Compare x_1 = {y; z} with “Füße”, 比較して。 Why? def f(a): return a == 2 ... " * 14_000


@pytest.mark.parametrize("kind", READS)
@pytest.mark.parametrize(
    "prompt",
    [MEGABYTE, "\n" * 1_000_000, "!" * 1_000_000 + "a", " \r\n" * 300_000, "1." * 500_000],
    ids=["words", "lines", "marks", "blank lines", "numbers"],
)
def test_a_prompt_of_a_megabyte_is_answered(kind, prompt):
    router = make_router(kind).fit(PROMPTS, LABELS)
    assert len(prompt.encode()) >= 900_000
    start = time.perf_counter()
    assert router.predict([prompt])[0] in LABELS
    assert time.perf_counter() - start < 60  # a runaway expression would take hours


@pytest.mark.parametrize("kind", READS)
def test_a_megabyte_can_be_learnt_from(kind):
    router = make_router(kind).fit([*PROMPTS, MEGABYTE[:1_000_000]], [*LABELS, "high"])
    assert router.predict(["sort a list"])[0] in LABELS


@pytest.mark.parametrize("kind", NEEDS_TWO)
def test_one_class_is_nothing_to_choose_from(kind):
    with pytest.raises(ValueError, match="one class: 'low'"):
        make_router(kind).fit(PROMPTS, ["low"] * 6)


@pytest.mark.parametrize("kind", NEEDS_TWO)
def test_a_class_with_one_example_is_a_class(kind):
    router = make_router(kind).fit([*PROMPTS, "bonjour"], [*LABELS, "french"])
    assert router.predict(["bonjour"]).tolist() == ["french"]


@pytest.mark.parametrize("kind", NEEDS_TWO)
def test_contradicting_labels_share_the_prompt(kind):
    router = make_router(kind).fit([*PROMPTS, "sort a list"], [*LABELS, "medium"])
    shares = router.predict_proba(["sort a list"])[0]
    low, medium = (shares[router.classes_.tolist().index(c)] for c in ("low", "medium"))
    assert low > 0.05 and medium > 0.05


class Broken(PromptEncoder):
    """Vectors of two numbers; of three or NaN for prompts that say so."""

    learns = False

    def transform(self, X):
        width = 3 if "wide" in X else 2
        rows = np.ones((len(X), width), np.float32)
        rows[:, 0] = [len(x) for x in X]
        rows["nan" in X and X.index("nan") or 0, 0] = np.nan if "nan" in X else len(X[0])
        return rows


@pytest.mark.parametrize("kind", [k for k in NEEDS_TWO if k != "complexity"])
def test_broken_vectors_are_refused(kind):
    router = make_router(kind, encoder=Broken())
    with pytest.raises(ValueError, match="contains NaN"):
        router.fit([*PROMPTS, "nan"], [*LABELS, "low"])
    router.fit(PROMPTS, LABELS)
    with pytest.raises(ValueError, match="contains NaN"):
        router.predict(["a", "nan"])
    with pytest.raises(ValueError, match="X has 3 features, but .* is expecting 2 features"):
        router.predict(["wide"])


@pytest.mark.parametrize("kind", ["outcome-knn", "outcome-linear", "outcome-mf", "outcome-bt"])
def test_broken_vectors_are_refused_by_outcome_routers(kind):
    router = make_router(kind, encoder=Broken()).fit(PROMPTS, np.eye(6)[:, :2])
    with pytest.raises(ValueError, match="contains NaN"):
        router.predict(["a", "nan"])
    with pytest.raises(ValueError, match="X has 3 features, but .* is expecting 2 features"):
        router.predict(["wide"])


@pytest.mark.parametrize("kind", NEEDS_TWO)
def test_a_model_that_is_not_there_is_named(kind, tmp_path):
    encoder = make_encoder(f"onnx:{tmp_path}/nowhere")
    with pytest.raises(InputError, match=r"encoder model '.*nowhere/model\.onnx' does not exist"):
        make_router(kind, encoder=encoder).fit(PROMPTS, LABELS)


@pytest.mark.parametrize("kind", NEEDS_TWO)
def test_no_prompts_are_refused_as_scikit_learn_does(kind):
    with pytest.raises(ValueError, match=r"Found array with 0 sample\(s\)"):
        make_router(kind).fit(PROMPTS, LABELS).predict([])
