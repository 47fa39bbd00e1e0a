"""What every registered router keeps, whatever it does."""

import json
import subprocess
import sys

import numpy as np
import pytest
import skops.io
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, cross_val_predict

from routelab import InputError, OutcomeTable
from routelab.routers import ROUTERS, TRUSTED_TYPES, make_router

TEXTS = {
    "low": ["what is a stack", "define entropy", "hi there", "translate hello", "ok thanks"],
    "medium": ["explain how a queue works", "describe the plot", "summarize this page please",
               "list five rivers of France", "write a short note to Ann"],
    "high": ["prove that the algorithm terminates and derive its complexity",
             "compare these economic policies and evaluate each step by step",
             "design a distributed cache, then analyse how it fails under partition",
             "refactor this class: ```def f(x): return {x: x}``` and prove it is equivalent",
             "synthesize the three studies below and evaluate their methods in detail"],
}  # fmt: skip
PROMPTS = [text for texts in TEXTS.values() for text in texts]
LABELS = [level for level, texts in TEXTS.items() for _ in texts]
ODD = [
    "",
    "   ",
    "😀😀",
    "写一首诗 and проверь",
    "x" * 50_000,
    "\ud800 half a pair",
    "<script>",
    "\x00",
]
OUTCOME_KINDS = [
    kind for kind in ROUTERS if kind.startswith("outcome-") or kind in ("cascade", "linucb")
]
LABEL_KINDS = [kind for kind in ROUTERS if kind not in OUTCOME_KINDS]
TIER_OF = {"low": "SIMPLE", "medium": "MEDIUM", "high": "REASONING"}


def labels(kind):
    return [TIER_OF[level] for level in LABELS] if kind.startswith("litellm-") else LABELS


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    quality = rng.integers(0, 2, (len(PROMPTS), 3)).astype(float)
    quality[0, 1] = np.nan
    cost = np.tile([0.001, 0.01, 0.02], (len(PROMPTS), 1))
    return OutcomeTable(PROMPTS, ["small", "middle", "large"], quality, cost)


@pytest.fixture
def target(table):
    return lambda kind: table if kind in OUTCOME_KINDS else labels(kind)


@pytest.mark.parametrize("kind", ROUTERS.names())
def test_fit_predict_and_clone(kind, target):
    router = make_router(kind)
    before = {k: repr(v) for k, v in router.get_params().items()}
    fitted = clone(router).fit(PROMPTS, target(kind))
    answers = fitted.predict(PROMPTS)
    assert answers.shape == (len(PROMPTS),)
    assert set(answers) <= set(fitted.classes_.tolist())
    assert {k: repr(v) for k, v in router.get_params().items()} == before


@pytest.mark.parametrize("kind", ROUTERS.names())
def test_odd_prompts_get_an_answer(kind, target):
    fitted = make_router(kind).fit(PROMPTS, target(kind))
    assert set(fitted.predict(ODD)) <= set(fitted.classes_.tolist())
    again = make_router(kind).fit(PROMPTS + ODD, _longer(target(kind), kind))
    assert len(again.predict(ODD)) == len(ODD)


def _longer(target, kind):
    if kind not in OUTCOME_KINDS:
        return target + target[:1] * len(ODD)
    quality = np.vstack([target.quality, np.ones((len(ODD), 3))])
    cost = np.vstack([target.cost, target.cost[: len(ODD)]])
    return OutcomeTable(PROMPTS + ODD, target.models, quality, cost)


@pytest.mark.parametrize("kind", ROUTERS.names())
def test_answers_do_not_depend_on_the_other_prompts(kind, target):
    fitted = make_router(kind).fit(PROMPTS, target(kind))
    alone = [fitted.predict([prompt])[0] for prompt in PROMPTS]
    assert fitted.predict(PROMPTS).tolist() == alone


@pytest.mark.parametrize("kind", ROUTERS.names())
def test_stored_router_decides_identically_and_holds_only_trusted_types(kind, target):
    fitted = make_router(kind).fit(PROMPTS, target(kind))
    stored = skops.io.dumps(fitted)
    assert set(skops.io.get_untrusted_types(data=stored)) <= set(TRUSTED_TYPES)
    loaded = skops.io.loads(stored, trusted=TRUSTED_TYPES)
    assert loaded.predict(PROMPTS + ODD).tolist() == fitted.predict(PROMPTS + ODD).tolist()
    if kind in OUTCOME_KINDS:
        np.testing.assert_array_equal(
            loaded.predict_quality(PROMPTS), fitted.predict_quality(PROMPTS)
        )


@pytest.mark.parametrize("kind", ROUTERS.names())
def test_prompts_must_be_a_list_of_text(kind, target):
    router = make_router(kind)
    with pytest.raises(InputError, match="expected a list of prompts, got one string"):
        clone(router).fit("one prompt", target(kind))
    with pytest.raises(InputError, match="prompt at index 1 is not text, got nan"):
        clone(router).fit(["a", float("nan"), *PROMPTS[2:]], target(kind))


@pytest.mark.parametrize("kind", LABEL_KINDS)
def test_shares_add_up_and_agree_with_the_answer(kind):
    fitted = make_router(kind).fit(PROMPTS, labels(kind))
    shares = fitted.predict_proba(PROMPTS)
    assert shares.shape == (len(PROMPTS), len(fitted.classes_))
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    if kind != "random":
        assert fitted.classes_[shares.argmax(axis=1)].tolist() == fitted.predict(PROMPTS).tolist()


@pytest.mark.parametrize("kind", LABEL_KINDS)
def test_labels_work_in_cross_validation(kind):
    prompts, answers = np.array(PROMPTS, dtype=object), np.array(labels(kind))
    assert len(cross_val_predict(make_router(kind), prompts, answers, cv=3)) == len(prompts)


def test_parameters_can_be_searched_and_shares_calibrated():
    search = GridSearchCV(make_router("knn"), {"head__k": [1, 3]}, cv=2).fit(PROMPTS, LABELS)
    assert search.best_params_["head__k"] in (1, 3)
    calibrated = CalibratedClassifierCV(make_router("centroid"), cv=2).fit(PROMPTS, LABELS)
    assert calibrated.predict_proba(["explain this"]).shape == (1, 3)


def test_unknown_kind_names_the_near_one():
    with pytest.raises(InputError, match="unknown router kind 'centriod' .did you mean 'centroid'"):
        make_router("centriod")


def test_kinds_that_are_not_there_yet_are_refused():
    with pytest.raises(InputError, match="unknown router kind 'outcome-nn'"):
        make_router("outcome-nn")


def test_unknown_parameter_names_the_near_one():
    with pytest.raises(InputError, match="'centroid' has no parameter 'treshold' .did you mean"):
        make_router("centroid", treshold=0.5)
    with pytest.raises(InputError, match="it has: seed"):
        make_router("random", k=3)


def test_another_process_decides_the_same():
    code = (
        "import json, sys; from routelab.routers import make_router; p, l = json.load(sys.stdin);"
        "print(json.dumps([make_router(k).fit(p, l).predict(p).tolist() for k in "
        "('random', 'knn', 'linear')]))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], input=json.dumps([PROMPTS, LABELS]), text=True,
            capture_output=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(outputs) == 1
