"""Which arm a unit meets: the hash, the ramp, the layers."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from routelab import InputError, Plan
from routelab.decide import decide
from routelab.plan import Split
from routelab.split import VECTORS, assign, bucket
from routelab.traffic import check_traffic

ARMS = {"control": {"share": 0.5}, "treatment": {"share": 0.5, "model": "strong"}}
DAY = datetime(2026, 3, 1, tzinfo=UTC)


def split_of(**fields):
    return Split(**{"name": "t", "arms": ARMS, **fields})


def ramp_of(*shares):
    return [{"from": DAY + timedelta(days=d), "share": share} for d, share in enumerate(shares)]


def users(n, prefix="user-"):
    return [f"{prefix}{i}" for i in range(n)]


@pytest.mark.parametrize("parts", VECTORS)
def test_the_vectors_are_those_of_the_documentation(parts):
    assert bucket("\0".join(parts[:-1]), parts[-1]) == VECTORS[parts]


@pytest.mark.parametrize("parts", VECTORS)
def test_a_shell_finds_the_same_place(parts):
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum here")
    text = "\0".join(parts).encode()
    done = subprocess.run(["sha256sum"], input=text, capture_output=True, check=True)
    assert (int(done.stdout[:14], 16) >> 3) / 2**53 == VECTORS[parts]


@pytest.mark.parametrize("parts", VECTORS)
def test_javascript_finds_the_same_place(parts):
    if shutil.which("node") is None:
        pytest.skip("no Node.js here")
    code = r"""
    const {createHash} = require('node:crypto');
    const place = (...parts) => Number(createHash('sha256').update(parts.join('\0'))
      .digest().readBigUInt64BE() >> 11n) / 2 ** 53;
    process.stdout.write(String(place(...process.argv.slice(1))));
    """
    done = subprocess.run(["node", "-e", code, "--", *parts], capture_output=True, check=True)
    assert float(done.stdout) == VECTORS[parts]


@pytest.mark.parametrize("name", ["t", "t\0ramp", "layer\0pricing"])
def test_places_are_uniform(name):
    places = [bucket(name, unit) for unit in users(20_000)]
    assert stats.kstest(places, "uniform").pvalue > 0.001


def test_arm_exposure_and_layer_are_independent():
    names = ("t", "t\0ramp", "layer\0t", "t2")
    places = np.array([[bucket(name, unit) for unit in users(20_000)] for name in names])
    correlations = np.corrcoef(places)[np.triu_indices(len(names), 1)]
    assert np.abs(correlations).max() < 4 / np.sqrt(20_000)  # four standard errors


def test_arms_keep_their_shares_within_the_exposed():
    split = split_of(arms={"a": {"share": 0.7}, "b": {"share": 0.3}}, ramp=ramp_of(0.2))
    arms = pd.Series(assign(split, users(20_000), [DAY] * 20_000), dtype=object)
    assert abs(arms.notna().mean() - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 20_000)
    assert abs((arms == "b").sum() / arms.notna().sum() - 0.3) < 4 * np.sqrt(0.21 / 4_000)


@given(
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=5).map(sorted),
    looks=st.lists(st.floats(-1, 8), min_size=2, max_size=6).map(sorted),
    names=st.lists(st.text(max_size=8), min_size=1, max_size=20, unique=True),
)
def test_a_unit_once_exposed_stays_in_its_arm(shares, looks, names):
    split = split_of(ramp=ramp_of(*shares))
    seen = [assign(split, names, [DAY + timedelta(days=d)] * len(names)) for d in looks]
    for before, after in zip(seen, seen[1:], strict=False):
        assert all(a == b for a, b in zip(before, after, strict=True) if a is not None)


def test_a_step_counts_from_its_very_moment():
    split = split_of(ramp=ramp_of(1.0))
    just_before = DAY - timedelta(microseconds=1)
    assert assign(split, ["u", "u"], [just_before, DAY])[0] is None
    assert assign(split, ["u", "u"], [just_before, DAY])[1] in ARMS


@given(
    cut=st.floats(0.01, 0.99),
    names=st.lists(st.text(max_size=12), min_size=1, max_size=50, unique=True),
)
def test_splits_of_one_layer_never_share_a_unit_and_leave_none_out(cut, names):
    first = split_of(name="first", layer="pricing", layer_range=(0, cut))
    second = split_of(name="second", layer="pricing", layer_range=(cut, 1))
    pairs = zip(assign(first, names), assign(second, names), strict=True)
    assert all((a is None) != (b is None) for a, b in pairs)


def test_the_layer_takes_its_part_and_does_not_lean_to_an_arm():
    split = split_of(layer="t", layer_range=(0.5, 1.0))  # named like the split
    arms = pd.Series(assign(split, users(20_000)), dtype=object)
    assert abs(arms.notna().mean() - 0.5) < 4 * np.sqrt(0.25 / 20_000)
    assert abs((arms == "treatment").sum() / arms.notna().sum() - 0.5) < 4 * np.sqrt(0.25 / 10_000)


def test_a_ramp_needs_times():
    with pytest.raises(InputError, match="the split 't' has a ramp"):
        assign(split_of(ramp=ramp_of(1.0)), ["u"])


def test_requests_that_the_split_does_not_reach_keep_the_routers_choice():
    models = {"strong": "gpt-4o", "cheap": "gpt-4o-mini"}
    split = {"name": "t", "arms": ARMS, "ramp": ramp_of(0.5), "layer": "l", "layer_range": [0, 0.8]}
    plan = Plan(models=models, default="cheap", split=split)
    stamps = pd.date_range(DAY - timedelta(days=1), periods=400, freq="10min")
    frame = check_traffic(
        pd.DataFrame(
            {"timestamp": stamps, "input_tokens": 1, "output_tokens": 1, "user": users(50) * 8}
        )
    )
    decided = decide(plan, frame)
    early = (frame["timestamp"] < DAY).to_numpy()
    assert decided["arm"][early].isna().all()
    reached = decided["arm"].notna()
    assert 0 < reached[~early].sum() < (~early).sum()
    assert set(decided["group"][~reached]) == {"cheap"}
    assert set(decided["group"][decided["arm"] == "treatment"]) == {"strong"}
    assert set(decided["group"][decided["arm"] == "control"]) == {"cheap"}


def test_a_ramp_in_yaml_comes_back_in_utc(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(
        "models: {strong: gpt-4o, cheap: gpt-4o-mini}\ndefault: cheap\n"
        "split:\n  name: t\n  arms: {a: {share: 0.5}, b: {share: 0.5, model: strong}}\n"
        "  layer: l\n  layer_range: [0, 0.5]\n"
        "  ramp:\n  - {from: 2026-03-01, share: 0.1}\n"
        "  - {from: 2026-03-02T00:00:00+02:00, share: 0.5}\n"
        "  - {from: '2026-03-03T12:00', share: 1}\n"
    )
    plan = Plan.from_yaml(path)
    assert [step.start.isoformat() for step in plan.split.ramp] == [
        "2026-03-01T00:00:00+00:00",
        "2026-03-01T22:00:00+00:00",
        "2026-03-03T12:00:00+00:00",
    ]
    plan.to_yaml(tmp_path / "again.yaml")
    assert Plan.from_yaml(tmp_path / "again.yaml") == plan
    step = Plan.model_json_schema()["$defs"]["RampStep"]
    assert step["required"] == ["from", "share"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ramp": ramp_of(0.5, 0.2)}, "falls from 0.5 to 0.2"),
        ({"ramp": [*ramp_of(0.1), *ramp_of(0.2)]}, "must go forward in time"),
        ({"ramp": ramp_of(1.5)}, "less than or equal to 1"),
        ({"ramp": [{"from": "soon", "share": 1}]}, "valid datetime"),
        ({"ramp": [{"from": 2026, "share": 1}]}, "such as 2026-03-01T08:00Z, got 2026"),
        ({"layer": "l", "layer_range": (0.5, 0.5)}, r"got \[0.5, 0.5\]"),
        ({"layer": "l", "layer_range": (0, 1.5)}, "0 <= a < b <= 1"),
        ({"layer_range": (0, 0.5)}, "needs the name of its layer"),
        ({"name": "a\0b"}, "NUL"),
        ({"name": ""}, "at least 1 character"),
    ],
)
def test_a_split_that_cannot_work_is_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        split_of(**fields)
