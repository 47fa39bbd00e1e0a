"""The strong answer from a share of one's own choosing on."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from routelab import InputError, Plan, make_router
from routelab.routers import StrongThreshold, describe_router

PROMPTS = ["sort a list", "sort the files", "write a poem", "a poem on rain", "define rain", "name"]
LEVELS = ["medium", "medium", "high", "high", "low", "low"]


@pytest.fixture
def router():
    return make_router("centroid").fit(PROMPTS, LEVELS)


def test_strong_is_answered_from_the_threshold_on(router):
    shares = router.predict_proba(PROMPTS)
    high = router.classes_.tolist().index("high")
    for threshold in (0.0, 0.2, float(shares[0, high]), 0.9, 1.1):
        tuned = StrongThreshold.of_fitted(router, "high", threshold)
        said = tuned.predict(PROMPTS)
        assert ((said == "high") == (shares[:, high] >= threshold)).all()
        rest = np.delete(shares, high, axis=1)
        others = np.delete(router.classes_, high)[rest.argmax(axis=1)]
        assert (said[said != "high"] == others[said != "high"]).all()


def test_it_is_an_estimator_that_leaves_the_given_router_alone(router):
    wrapped = StrongThreshold(make_router("centroid"), strong="high", threshold=0.4)
    with pytest.raises(NotFittedError):
        wrapped.predict(PROMPTS)
    fitted = clone(wrapped).fit(PROMPTS, LEVELS)
    assert fitted.router_ is not fitted.router
    np.testing.assert_allclose(fitted.predict_proba(PROMPTS), router.predict_proba(PROMPTS))
    assert StrongThreshold.of_fitted(router, "high", 0.4).router_ is router


def test_the_strong_answer_must_be_a_class(router):
    with pytest.raises(InputError, match="an answer of the router: high, low, medium; got 'hihg'"):
        StrongThreshold.of_fitted(router, "hihg", 0.5)


def test_a_plan_takes_it(router):
    tuned = StrongThreshold.of_fitted(router, "high", 0.0)
    assert describe_router(tuned)["kind"] == "StrongThreshold"
    routes = {"high": "strong", "medium": "cheap", "low": "cheap"}
    plan = Plan(models={"strong": "gpt-4o", "cheap": "gpt-4o-mini"}, default="cheap",
                routes=routes, router=tuned)  # fmt: skip
    from routelab.decide import route_prompts

    assert route_prompts(plan, PROMPTS) == ["high"] * len(PROMPTS)
