"""Requests drawn from ServeGen's aggregates agree with its rates and distributions."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routelab import InputError
from routelab.traffic import COLUMNS, read_log
from routelab.traffic.readers._servegen import distribution, draw_arrivals, draw_counts

IDLE = "600,0,0,,0,0\n"
TRACE = "0,0.5,1.02,Gamma,0.96,2.08\n" + IDLE + "1200,0.25,1.5,Weibull,0.69,3.1\n"


@pytest.fixture
def chunk(tmp_path):
    def write(trace=TRACE, dataset=None, client="7"):
        folder = tmp_path / "some-model"
        folder.mkdir(exist_ok=True)
        path = folder / f"chunk-{client}-trace.csv"
        path.write_text(trace)
        if dataset is not None:
            text = dataset if isinstance(dataset, str) else json.dumps(dataset)
            (folder / f"chunk-{client}-dataset.json").write_text(text)
        return path

    return write


def sample(path, **options):
    return read_log(path, format="servegen", **options)


def published(data):
    """Traces and their number of rows, by whether their first line could pass for a header."""
    with open(data / "MANIFEST.csv", newline="") as file:
        rows = {row[0]: row[1] for row in csv.reader(file)}
    found = {name: int(count) for name, count in rows.items() if name.endswith("-trace.csv")}
    lines = {name: (data / name).read_text().split("\n", 1)[0].split(",") for name in found}
    plain = {name: found[name] for name in found if len(set(lines[name])) == 6}
    return plain, {name: count for name, count in found.items() if name not in plain}


# --- counts and arrivals ----------------------------------------------------------------------


def test_every_published_trace_has_its_rows(data):
    plain, _ = published(data)
    assert len(plain) == 34
    for name, count in plain.items():
        report = read_log(data / name, format="servegen", scale=1e-3).report
        assert report.rows_read == count, name
        assert report.rows_read == report.rows_accepted + len(report.aside), name


def test_every_published_trace_that_begins_idle_has_its_rows(data):
    _, idle = published(data)
    assert len(idle) == 53
    for name, count in idle.items():
        assert read_log(data / name, format="servegen", scale=0.1).report.rows_read == count


def test_a_whole_trace_has_as_many_requests_as_were_observed(data):
    # "deepseek-r1: 90 to 395,572 requests a day"
    path = data / "trace_servegen" / "deepseek-r1" / "chunk-35-trace.csv"
    read = read_log(path)
    assert (read.report.format, len(read.frame)) == ("servegen", 395_572)
    table = pd.read_csv(path, header=None)
    drawn = (read.frame.timestamp.astype("int64") // 600_000_000).value_counts()
    expected = pd.Series((table[1] * 600).round().astype(int).to_numpy(), index=table[0] // 600)
    assert drawn.sort_index().to_dict() == expected[expected > 0].to_dict()
    assert set(read.frame.model) == {"deepseek-r1"}
    assert set(read.frame.user) == {"35"}
    assert read.report.zone == "relative"


def test_a_share_of_the_requests_is_within_four_sigma(data):
    path = data / "trace_servegen" / "m-small" / "chunk-14-trace.csv"
    expected = (pd.read_csv(path, header=None)[1] * 600).sum() * 1e-3
    sigma = math.sqrt(expected * (1 - 1e-3))  # each is kept with a probability of 1e-3
    for seed in range(3):
        drawn = len(sample(path, scale=1e-3, seed=seed).frame)
        assert abs(drawn - expected) < 4 * sigma
        assert drawn != round(expected)


def test_counts_are_exact_as_observed_and_right_on_average_otherwise():
    rng = np.random.default_rng(3)
    seconds = np.full(1000, 600.0)
    exact = draw_counts(np.full(1000, 0.1), seconds, 1.0, rng)  # 0.1 x 600 = 60
    assert set(exact) <= {60, 61}  # 0.1 is not exact: 61 once in 1e14
    # 60 x 0.25 = 15 on average; variance 60 x 0.25 x 0.75 = 11.25
    part = draw_counts(np.full(1000, 0.1), seconds, 0.25, rng)
    assert part.mean() == pytest.approx(15, abs=4 * math.sqrt(11.25 / 1000))
    assert part.var() == pytest.approx(11.25, rel=0.25)
    # 60 x 1.505 = 90.3: 90 or 91
    more = draw_counts(np.full(1000, 0.1), seconds, 1.505, rng)
    assert set(more) == {90, 91}
    assert more.mean() == pytest.approx(90.3, abs=4 * math.sqrt(0.21 / 1000))


@pytest.mark.parametrize(("weibull", "shape"), [(False, 0.37), (True, 0.52), (False, 9.0)])
def test_gaps_have_the_variation_of_their_shape(weibull, shape):
    count = 200_000
    rng = np.random.default_rng(1)
    window, position = draw_arrivals(
        np.array([0, count]), np.array([1.0, shape]), np.array([False, weibull]), rng
    )
    assert set(window) == {1}
    gaps = np.diff(position)
    assert (gaps >= 0).all()
    # Gamma: 1/sqrt(k). Weibull: sqrt(G(1 + 2/k) / G(1 + 1/k)^2 - 1).
    known = 1 / math.sqrt(shape)
    if weibull:
        known = math.sqrt(math.gamma(1 + 2 / shape) / math.gamma(1 + 1 / shape) ** 2 - 1)
    assert gaps.std() / gaps.mean() == pytest.approx(known, rel=0.03)


def test_arrivals_are_spread_evenly_over_a_window_on_average():
    windows = 20_000
    rng = np.random.default_rng(2)
    ones = np.ones(windows)
    _, position = draw_arrivals(np.full(windows, 3, dtype=np.int64), ones, ones > 1, rng)
    # Poisson gaps: three uniform points, so mean 1/2 and variance 1/12
    assert position.mean() == pytest.approx(0.5, abs=4 * math.sqrt(1 / 12 / (3 * windows)))
    assert position.var() == pytest.approx(1 / 12, rel=0.05)


@pytest.mark.parametrize("weibull", [False, True])
@pytest.mark.parametrize("shape", [1e-3, 1e3])
def test_extreme_shapes_stay_in_their_window(weibull, shape):
    rng = np.random.default_rng(0)
    window, position = draw_arrivals(
        np.full(50, 400), np.full(50, shape), np.full(50, weibull), rng
    )
    assert len(position) == 20_000
    assert ((position >= 0) & (position <= 1)).all()
    last = position[np.append(np.diff(window) > 0, True)]
    assert np.isfinite(last).all()


def test_idle_windows_have_no_requests(chunk):
    read = sample(chunk())
    window = (read.frame.timestamp.astype("int64") // 600_000_000).astype(int)
    assert Counter(window) == {0: 300, 2: 150}  # 0.5 x 600 and 0.25 x 600
    (idle,) = read.report.aside
    assert (idle.line, idle.reason, idle.raw) == (2, "an idle window", IDLE.strip())
    assert (read.report.rows_read, read.report.rows_accepted) == (3, 2)


def test_hours_cut_the_trace_and_its_last_window(chunk):
    read = sample(chunk(), hours=0.375)  # 1350 s: a quarter of the third window
    assert read.report.end < pd.Timestamp(1350, unit="s", tz="UTC")
    drawn = len(read.frame) - 300
    assert drawn in (37, 38)  # 0.25 x 150 = 37.5
    short = sample(chunk(), hours=0.1)
    assert len(short.frame) == 180  # 0.5 x 360
    assert short.report.aside[-1].reason == "after the hours that were asked for"


def test_more_than_max_requests_scales_the_rates_and_says_by_how_much(chunk):
    read = sample(chunk(), max_requests=90)
    assert 50 < len(read.frame) <= 90
    (warning,) = (text for text in read.report.warnings if "max_requests=" in text)
    assert "450 requests are expected, more than max_requests=90" in warning
    assert "rates are scaled by 0.2" in warning
    assert not any("max_requests=" in text for text in sample(chunk()).report.warnings)


def test_max_requests_is_never_exceeded(chunk):
    sizes = [len(sample(chunk(), max_requests=90, seed=seed).frame) for seed in range(20)]
    assert max(sizes) == 90


def test_a_seed_gives_one_frame_whatever_the_order_of_the_files(chunk):
    paths = [chunk(client="7"), chunk(client="8")]
    frames = [sample(order, seed=5).frame for order in (paths, paths, paths[::-1])]
    pd.testing.assert_frame_equal(frames[0], frames[1])
    by_id = [frame.sort_values("request_id", ignore_index=True) for frame in frames]
    pd.testing.assert_frame_equal(by_id[0], by_id[2])
    other = sample(paths, seed=6).frame
    assert not other.timestamp.equals(frames[0].timestamp)
    seven, eight = (frames[0][frames[0].user == user].timestamp for user in ("7", "8"))
    assert not seven.reset_index(drop=True).equals(eight.reset_index(drop=True))


# --- tokens -----------------------------------------------------------------------------------


def test_tokens_have_the_means_of_their_six_hours(data):
    folder = data / "trace_servegen" / "deepseek-r1"
    frame = read_log(folder / "chunk-35-trace.csv").frame
    dataset = json.loads((folder / "chunk-35-dataset.json").read_text())
    seconds = frame.timestamp.astype("int64") / 1e6
    for start, columns in dataset.items():
        inside = frame[(seconds >= int(start)) & (seconds < int(start) + 21_600)]
        for name in ("input_tokens", "output_tokens"):
            values, cumulated = distribution(columns[name])
            weights = np.diff(cumulated, prepend=0)
            mean = float(values @ weights)
            sigma = math.sqrt(float(values**2 @ weights) - mean**2) / math.sqrt(len(inside))
            assert abs(inside[name].mean() - mean) < 4 * sigma, (start, name)
    assert (frame.reasoning_tokens <= frame.output_tokens).all()
    assert 0.5 < frame.reasoning_tokens.sum() / frame.output_tokens.sum() < 0.9


def test_each_time_takes_the_distribution_of_its_window(chunk):
    dataset = {
        "0": {"input_tokens": "{10: 1.0}", "output_tokens": "{4: 1.0}", "reason_ratio": "{0.5: 1}"},
        "21600": {"input_tokens": "{20: 1.0}", "output_tokens": "{8: 1.0}", "reason_ratio": "{}"},
    }
    late = "".join(f"{start},0.01,1.02,Gamma,0.96,104\n" for start in (600, 21_600, 43_200))
    frame = sample(chunk(late, dataset)).frame
    assert list(frame.input_tokens.astype("float").fillna(-1)) == [10] * 6 + [20] * 6 + [-1] * 6
    assert list(frame.reasoning_tokens) == [2] * 6 + [0] * 12
    assert frame.input_tokens.isna().sum() == 6  # the dataset ends at 43,200 s


def test_without_a_dataset_tokens_are_missing_and_the_warning_says_so(chunk):
    read = sample(chunk())
    assert read.frame.input_tokens.isna().all() and read.frame.output_tokens.isna().all()
    assert any(text.startswith("no chunk-7-dataset.json beside") for text in read.report.warnings)


@pytest.mark.parametrize(
    ("literal", "why"),
    [
        ("__import__('os').getcwd()", "no literal: ValueError"),
        ("{1: ", "no literal: SyntaxError"),
        ("(" * 5000, "no literal"),
        ("[1, 2]", "a dict of values and weights was expected, got list"),
        ("{1: 0.5}", "weights must sum to 1, got 0.5"),
        ("{-1: 1.0}", "values and weights must be numbers of at least 0"),
        ("{1: True}", "values and weights must be numbers of at least 0"),
        (7, "a dict of values and weights was expected, got int"),
    ],
)
def test_a_distribution_that_cannot_be_read_is_missing_with_a_warning(chunk, literal, why):
    dataset = {"0": {"input_tokens": literal, "output_tokens": "{4: 1.0}"}}
    read = sample(chunk(dataset=dataset))
    assert read.frame.input_tokens.isna().all()
    assert set(read.frame.output_tokens) == {4}
    assert any(f"window 0, input_tokens: {why}" in text for text in read.report.warnings)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"a": {"input_tokens": "{1: 1}"}}'])
def test_a_broken_dataset_costs_the_tokens_and_nothing_else(chunk, text):
    read = sample(chunk(dataset=text))
    assert len(read.frame) == 450
    assert read.frame.input_tokens.isna().all()
    assert any("chunk-7-dataset.json: no" in warning for warning in read.report.warnings)


def test_dataset_files_hold_no_requests_of_their_own(data):
    folder = data / "trace_servegen" / "deepseek-r1"
    paths = [folder / "chunk-35-trace.csv", folder / "chunk-35-dataset.json"]
    read = sample(paths, scale=0.01)
    assert read.report.rows_read == 144 + 4
    aside = [reject.reason for reject in read.report.aside if reject.file.endswith("json")]
    assert aside == ["token distributions: read the -trace.csv beside it"] * 4
    with pytest.raises(InputError, match=r"read the -trace\.csv beside it"):
        read_log(paths[1])


# --- rows and options -------------------------------------------------------------------------


def test_rows_out_of_order_are_refused_with_their_line(chunk):
    trace = (
        "0,-1,1.02,Gamma,0.96,2.08\n"
        "600,0.5,1.02,,0.96,2.08\n"
        "1200,0.5,1.02,Gamma,0,2.08\n"
        "1700,0.5,1.02,Gamma,0.96,2.08\n"
        "2400,1e12,1.02,Gamma,0.96,2.08\n"
        "3000,0.5,1.02,Gamma,0.96,2.08\n"
    )
    read = sample(chunk(trace))
    assert [(reject.line, reject.reason) for reject in read.report.rejected] == [
        (1, "rate '-1' is not between 0 and 1e9 per second"),
        (2, "pattern '' is neither Gamma nor Weibull"),
        (3, "shape '0' is not between 0.001 and 1000"),
        (4, "start '1700' is not a multiple of 600 seconds"),
        (5, "rate '1e12' is not between 0 and 1e9 per second"),
    ]
    assert len(read.frame) == 300
    assert read.report.rejected[0].raw == "0,-1,1.02,Gamma,0.96,2.08"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"scale": 0}, "'scale' must be a number above 0, got 0"),
        ({"hours": "24"}, "'hours' must be a number above 0, got '24'"),
        ({"scale": float("nan")}, "'scale' must be a number above 0, got nan"),
        ({"seed": -1}, "'seed' must be a whole number of at least 0, got -1"),
        ({"max_requests": 1.5}, "'max_requests' must be a whole number of at least 0, got 1.5"),
        ({"rate": 2}, "the format 'servegen' does not take these options"),
    ],
)
def test_options_are_checked(chunk, options, why):
    with pytest.raises(InputError, match=why):
        sample(chunk(), **options)


def test_a_trace_in_which_nothing_falls_is_an_error_that_says_why(chunk):
    with pytest.raises(InputError, match="1: no request was drawn"):
        sample(chunk(TRACE), hours=0.1, scale=1e-9)


def test_the_model_is_the_folder_and_the_user_the_client(chunk):
    frame = read_log(chunk(client="a-b")).frame
    assert set(frame.model) == {"some-model"}
    assert set(frame.user) == {"a-b"}
    assert frame.request_id[0] == "some-model-a-b-0"
    assert frame.request_id.is_unique


CELL = st.sampled_from(
    ["0", "600", "-1", "1e9", "1e308", "nan", "inf", "", "x", "0.5", "1e-300", "Gamma", "Weibull"]
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.lists(CELL, min_size=6, max_size=6), min_size=1, max_size=4))
def test_any_cell_is_a_reject_or_a_window(chunk, rows):
    path = chunk(TRACE + "".join(",".join(row) + "\n" for row in rows))
    read = sample(path, max_requests=1000)
    report = read.report
    assert report.rows_read == report.rows_accepted + len(report.rejects) == 3 + len(rows)
    assert {n: str(t) for n, t in read.frame.dtypes.items()} == dict(COLUMNS)
    assert 0 < len(read.frame) <= 1000
    assert Path(path).read_text().count("\n") == report.rows_read
