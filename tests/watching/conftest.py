"""Traffic that a plan itself decided, with users, prompts and the catalog's cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab import Plan, make_router
from routelab.decide import decide
from routelab.traffic import check_traffic

TOPICS = {
    "code": ("sort the list of {}", "fix my function for {}", "why does the loop over {} end"),
    "art": ("write a poem on {}", "a short story about {}", "rhyme with {} and winter"),
}
THINGS = ("names", "rain", "files", "light", "keys", "the sea", "dates", "a fox")


@pytest.fixture(scope="session")
def plan():
    examples = [
        (text.format(thing), kind)
        for kind, texts in TOPICS.items()
        for text in texts
        for thing in THINGS
    ]
    router = make_router("centroid").fit([e[0] for e in examples], [e[1] for e in examples])
    return Plan(
        name="watched",
        models={"strong": "gpt-4o", "cheap": "gpt-4o-mini", "spare": "gemini/gemini-2.5-flash"},
        default="cheap",
        router=router,
        routes={"code": "strong", "art": "cheap"},
        fallbacks={"strong": ["spare"]},
    )


def make_log(plan, n=600, seed=0, days=6, start="2026-01-05", code=0.4, length=1.0, users=60):
    """Return n requests over some days, decided by the plan."""
    rng = np.random.default_rng(seed)
    prompts = []
    for is_code in rng.random(n) < code:
        text = rng.choice(TOPICS["code" if is_code else "art"]).format(rng.choice(THINGS))
        prompts.append(text + " please" * int(rng.poisson(4 * length)))
    since = pd.to_timedelta(np.sort(rng.random(n)) * days, unit="D")
    stamps = pd.Timestamp(start, tz="UTC") + since
    frame = pd.DataFrame(
        {
            "timestamp": stamps.astype("datetime64[us, UTC]"),
            "prompt": prompts,
            "user": [f"u{k}" for k in rng.integers(users, size=n)],
            "input_tokens": (rng.lognormal(5, 0.5, n) * length).astype(int) + 1,
            "output_tokens": rng.lognormal(5, 0.5, n).astype(int) + 1,
        }
    )
    groups = decide(plan, check_traffic(frame))["group"]
    frame["model"] = [plan.models[group][0].model for group in groups]
    frame["cost_usd"] = [
        plan.catalog.cost(m, i, o)
        for m, i, o in zip(frame.model, frame.input_tokens, frame.output_tokens, strict=True)
    ]
    return check_traffic(frame)


@pytest.fixture(scope="session")
def log(plan):
    return make_log(plan)


def kinds(report, severity="alarm"):
    return {alarm.kind for alarm in report.alarms if alarm.severity == severity}
