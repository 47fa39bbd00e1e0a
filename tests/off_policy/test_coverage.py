"""The intervals hold the truth as often as they say: a sample of benchmarks/bench_off_policy.py."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routelab.off_policy import _intervals


@pytest.fixture
def bench(root, monkeypatch):
    """The benchmark as a module."""
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import bench_off_policy

    return bench_off_policy


@pytest.mark.parametrize("name", ["well overlapping", "moderately overlapping"])
def test_intervals_of_every_estimator_hold_the_truth(bench, name):
    setting = replace(bench.SETTINGS[name], rows=800)
    lines = list(bench.coverage(setting, repetitions=120, resamples=200))
    assert len(lines) == 2 * 6
    # 95 % of 120 with four standard errors of 1.99 % each
    for line in lines:
        for figure in ("coverage", "difference"):
            if figure in line:
                assert line[figure] >= 0.95 - 4 * 0.0199, line


def test_the_truth_of_the_benchmark_is_that_of_many_draws(bench):
    world = bench.World(1.0)
    rng = np.random.default_rng(0)
    log, policy = world.draw(rng, 200_000)
    x = log.frame[["x1", "x2"]].to_numpy()
    for target, (value, gap) in world.truth().items():
        mean = (policy * world.expected(x)[target]).sum(axis=1)
        assert value == pytest.approx(mean.mean(), abs=4 * mean.std() / 200_000**0.5)
        own = log.values(target)
        assert value - gap == pytest.approx(own.mean(), abs=4 * own.std() / 200_000**0.5)


def test_intervals_of_half_the_error_would_be_found_out(bench, monkeypatch):
    whole = _intervals.interval
    monkeypatch.setattr(_intervals, "interval", lambda t: np.array(whole(t)) / 2)
    lines = bench.coverage(bench.Setting(0.5, 400), repetitions=100, resamples=100)
    found = {(line["outcome"], line["estimator"]): line["coverage"] for line in lines}
    assert found["quality", "DR"] < 0.85
