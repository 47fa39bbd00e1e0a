"""Every log and trace at hand is read whole, with the totals that its description gives."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from routelab.traffic import COLUMNS, read_log

AZURE = "trace_azure_2023/AzureLLMInferenceTrace_"
TRACES = [
    (AZURE + "conv.dev.csv", "azure-2023", 13_927, 16_726_570, 2_802_253),
    (AZURE + "code.dev.csv", "azure-2023", 7_000, 14_232_820, 193_114),
    ("trace_ragpulse/0_trace.dev.jsonl", "ragpulse", 5_167, 15_175_555, 1_431_374),
    ("trace_mooncake/conversation_trace.dev.jsonl", "mooncake", 7_851, 97_571_920, 2_724_903),
    ("trace_mooncake/synthetic_trace.jsonl", "mooncake", 3_993, None, None),
    ("trace_burstgpt/BurstGPT_1.head.csv", "burstgpt", 3, 1_976, 524),
    ("trace_burstgpt/BurstGPT_3.head.csv", "burstgpt", 4, 3_656, 776),
]  # fmt: skip


@pytest.mark.parametrize(("name", "form", "count", "tokens_in", "tokens_out"), TRACES)
def test_traces_are_read_whole(data, name, form, count, tokens_in, tokens_out):
    read = read_log(data / name)
    assert read.report.format == form
    assert len(read.frame) == read.report.rows_read == read.report.rows_accepted == count
    assert read.report.rejects == []
    assert {n: str(t) for n, t in read.frame.dtypes.items()} == dict(COLUMNS)
    assert read.frame.timestamp.is_monotonic_increasing
    assert read.frame.request_id.is_unique
    if tokens_in is not None:
        assert read.frame.input_tokens.sum() == tokens_in
        assert read.frame.output_tokens.sum() == tokens_out


def test_azure_stamps_are_cut_to_microseconds_and_taken_as_utc(data):
    read = read_log(data / "trace_azure_2023" / "AzureLLMInferenceTrace_conv.dev.csv")
    assert read.frame.timestamp[0] == pd.Timestamp("2023-11-16T18:15:46.680590Z")
    assert read.report.zone == "assumed UTC"
    assert "stamps carry no time zone: UTC assumed" in read.report.warnings
    assert read.frame.model.isna().all()


def test_ragpulse_has_two_runs_that_are_sorted_stably(data):
    path = data / "trace_ragpulse" / "0_trace.dev.jsonl"
    read = read_log(path)
    assert any("1 times the clock goes back" in text for text in read.report.warnings)
    lines = [json.loads(line) for line in path.read_text().split("\n") if line]
    expected = sorted(lines, key=lambda line: int(line["timestamp"]))
    assert list(read.frame.session_id) == [line["session_id"] for line in expected]
    assert read.report.zone == "relative"


def test_mooncake_counts_milliseconds(data):
    read = read_log(data / "trace_mooncake" / "conversation_trace.dev.jsonl")
    assert read.report.end == pd.Timestamp("1970-01-01T00:39:57Z")


def test_burstgpt_columns_are_found_by_name(data):
    read = read_log(data / "trace_burstgpt" / "BurstGPT_3.head.csv")
    assert list(read.frame.latency_s) == [43, 2, 8, 3]
    assert read.frame.model[0] == "GPT-4"
    assert read.frame.session_id.notna().all()


def test_every_litellm_sample_is_recognised(shared):
    samples = shared / "litellm" / "log_samples"
    for path in sorted(samples.glob("*.json")):
        read = read_log(path)
        kind = "litellm-slp" if path.name.startswith("slp") else "litellm-spendlogs"
        assert read.report.format == kind
        assert len(read.frame) == 1


def test_fallback_rows_of_one_call_become_one_censored_request(shared):
    samples = shared / "litellm" / "log_samples"
    for kind, failure, success in [
        ("slp", "slp_fallback_failure_row.json", "slp_fallback_success_row.json"),
        (
            "spendlogs",
            "spendlogs_failure_then_fallback__failure_row.json",
            "spendlogs_failure_then_fallback__success_row.json",
        ),
    ]:
        alone = read_log(samples / failure).frame
        read = read_log([samples / failure, samples / success])
        report = read.report
        assert (report.rows_read, report.rows_accepted, report.merged) == (2, 2, 1), kind
        assert len(read.frame) == 1
        row = read.frame.iloc[0]
        assert row.model == "openai/gpt-4o-mini"
        assert row.status == 200
        assert row.censored
        assert row.input_tokens == 12
        assert row.cost_usd == pytest.approx(4.8e-06)
        assert row.timestamp == alone.timestamp[0]
        assert any("merged" in text for text in report.warnings)


def test_failure_rows_take_the_status_of_their_error(shared):
    samples = shared / "litellm" / "log_samples"
    row = read_log(samples / "slp_fallback_failure_row.json").frame.iloc[0]
    assert (row.status, row.error_class) == (429, "RateLimitError")
    assert pd.isna(row.input_tokens)
    budget = read_log(samples / "slp_budget_rejected_failure.json").frame.iloc[0]
    assert (budget.status, budget.error_class) == (429, "ValueError")
    unknown = read_log(samples / "spendlogs_failure_then_fallback__failure_row.json")
    assert unknown.frame.status[0] == 500
    assert "1 failure rows carry no status code: status 500 assumed" in unknown.report.warnings


def test_the_prompt_is_the_last_user_message(shared):
    samples = shared / "litellm" / "log_samples"
    read = read_log(samples / "slp_complexity_heuristic_success.json")
    assert read.frame.prompt[0].startswith("Prove that the integral")


def test_published_litellm_samples_are_read(data):
    payload = read_log(data / "log_formats" / "litellm_standard_logging_payload.json")
    assert payload.frame.prompt[0] == "Hello, world!"
    assert payload.frame.latency_s[0] == pytest.approx(0.004583)
    assert payload.frame.ttft_s[0] == pytest.approx(0.004583)
    spend = read_log(data / "log_formats" / "litellm_spend_log.json")
    assert spend.frame.cost_usd[0] == pytest.approx(0.000225)
    assert spend.report.zone == "assumed UTC"


def test_a_trace_is_read_by_a_mapping_as_by_its_own_reader(data, tmp_path):
    path = data / "trace_azure_2023" / "AzureLLMInferenceTrace_code.dev.csv"
    mapping = tmp_path / "columns.yaml"
    mapping.write_text(
        "timestamp: TIMESTAMP\nprompt_tokens: ContextTokens\noutput_tokens: GeneratedTokens\n"
    )
    own = read_log(path).frame
    mapped = read_log(path, columns=mapping)
    assert mapped.report.format == "generic"
    pd.testing.assert_frame_equal(mapped.frame, own)
