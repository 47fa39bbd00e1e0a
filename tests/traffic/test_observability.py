"""Logs of observability tools: what counts as a request, its tokens, times and failures."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routelab import InputError, read_log
from routelab.traffic import COLUMNS

T = "2026-01-05T10:00:0"


def write(tmp_path, records, name="log.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(json.dumps(record) for record in records))
    return path


def observation(**changes):
    return {
        "id": "o1", "traceId": "t1", "type": "GENERATION", "startTime": f"{T}0.000Z",
        "endTime": f"{T}2.500Z", "completionStartTime": f"{T}0.400Z", "model": "gpt-4o",
        "level": "DEFAULT", "usageDetails": {"input": 60, "output": 15, "total": 75},
        "costDetails": {"input": 0.00015, "output": 0.00015, "total": 0.0003},
        "input": [{"role": "user", "content": "hello"}], "latency": 2500, **changes,
    }  # fmt: skip


def span(**changes):
    return {
        "name": "chat gpt-4o", "spanId": "s1", "parentSpanId": "s0",
        "startTimeUnixNano": "1767607200000000000", "endTimeUnixNano": "1767607201500000000",
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "100"}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "7"}},
        ],
        "status": {"code": 1}, **changes,
    }  # fmt: skip


def pair(**changes):
    return {
        "timestamp": f"{T}0Z", "latency_ms": 1200,
        "request": {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}],
                    "user": "u1"},
        "response": {"id": "c1", "object": "chat.completion", "model": "gpt-4o-2024-08-06",
                     "usage": {"prompt_tokens": 9, "completion_tokens": 4,
                               "prompt_tokens_details": {"cached_tokens": 5},
                               "completion_tokens_details": {"reasoning_tokens": 2}}},
        **changes,
    }  # fmt: skip


def helicone(**changes):
    return {
        "request_id": "h1", "request_created_at": f"{T}0.000Z",
        "response_created_at": f"{T}1.000Z", "request_model": "gpt-4o", "response_status": 200,
        "prompt_tokens": 12, "completion_tokens": 3, "delay_ms": 950, "time_to_first_token": 120,
        "request_user_id": "u9", "provider": "OPENAI",
        "request_body": {"messages": [{"role": "user", "content": "hey"}]}, **changes,
    }  # fmt: skip


def test_a_langfuse_trace_is_its_generations(tmp_path):
    trace = {
        "trace": {"id": "t1", "userId": "u1", "sessionId": "s1"},
        "observations": [
            observation(),
            observation(id="o2", type="SPAN"),
            observation(id="o3", type="AGENT"),
        ],
    }
    read = read_log(write(tmp_path, [trace], "trace.json"))
    assert (read.report.format, read.report.rows_read, len(read.report.aside)) == ("langfuse", 3, 2)
    row = read.frame.iloc[0]
    assert (row.user, row.session_id, row.prompt) == ("u1", "s1", "hello")
    # Latency is the difference of the stamps: 2.5 s, whatever unit the field `latency` has.
    assert (row.latency_s, row.ttft_s, row.cost_usd) == (2.5, 0.4, 0.0003)


def test_langfuse_parts_exclude_each_other_unless_their_total_says_otherwise(tmp_path):
    apart = {"input": 10, "output": 5, "input_cached_tokens": 90, "output_reasoning_tokens": 20,
             "total": 125}  # fmt: skip
    inside = {"input": 100, "output": 25, "input_cached_tokens": 90, "output_reasoning_tokens": 20,
              "total": 125}  # fmt: skip
    rows = [observation(id=str(i), usageDetails=u) for i, u in enumerate((apart, inside))]
    frame = read_log(write(tmp_path, rows)).frame
    for name, value in {"input_tokens": 100, "cached_input_tokens": 90, "output_tokens": 25,
                        "reasoning_tokens": 20}.items():  # fmt: skip
        assert frame[name].tolist() == [value, value], name


def test_langfuse_errors_are_failures_with_the_status_of_their_message(tmp_path):
    messages = ["RateLimitError: Error code: 429 - slow down", "it broke"]
    rows = [observation(id=m[:3], level="ERROR", statusMessage=m) for m in messages]
    read = read_log(write(tmp_path, rows))
    assert read.frame.status.tolist() == [429, 500]
    assert read.frame.error_class[0] == "RateLimitError"
    assert "1 observations of level ERROR name no HTTP status: status 500 assumed" in (
        read.report.warnings
    )


def test_langfuse_rows_of_blob_storage(tmp_path):
    row = {
        "id": "o1", "trace_id": "t", "type": "GENERATION", "user_id": "u", "session_id": "s",
        "start_time": "2026-01-05 10:00:00.000000", "end_time": "2026-01-05 10:00:01.500000",
        "provided_model_name": "m", "usage_details": {"input": 3, "output": 4, "total": 7},
        "cost_details": {}, "total_cost": 0, "level": "DEFAULT",
    }  # fmt: skip
    read = read_log(write(tmp_path, [row]))
    assert read.report.zone == "assumed UTC"
    found = read.frame.iloc[0]
    assert (found.model, found.user, found.latency_s, found.input_tokens) == ("m", "u", 1.5, 3)
    assert read.frame.cost_usd.isna().all()  # 0 without parts: the price was not known


def test_an_otlp_document_and_its_nesting(tmp_path):
    spans = [
        span(spanId="s0", parentSpanId="", name="GET /",
             attributes=[{"key": "http.request.method", "value": {"stringValue": "GET"}}]),
        span(),
    ]  # fmt: skip
    document = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    read = read_log(write(tmp_path, [document], "otlp.json"))
    assert (read.report.format, read.report.rows_read, len(read.frame)) == ("otel-genai", 2, 1)
    row = read.frame.iloc[0]
    assert (row.input_tokens, row.output_tokens, row.latency_s) == (100, 7, 1.5)
    assert row.timestamp.isoformat() == "2026-01-05T10:00:00+00:00"


def test_a_span_above_a_call_repeats_its_usage(tmp_path):
    spans = [span(spanId="a", parentSpanId=""), span(spanId="b", parentSpanId="a"),
             span(spanId="c", parentSpanId="b"), span(spanId="d", parentSpanId="a")]  # fmt: skip
    read = read_log(write(tmp_path, spans))
    assert sorted(read.frame.request_id) == ["c", "d"]
    assert read.frame.input_tokens.sum() == 200


def test_spans_that_are_each_others_parents_do_not_hang(tmp_path):
    spans = [span(spanId="a", parentSpanId="b"), span(spanId="b", parentSpanId="a"), span()]
    assert len(read_log(write(tmp_path, spans)).frame) == 1


def test_failed_spans(tmp_path):
    named = [*span()["attributes"], {"key": "error.type", "value": {"stringValue": "429"}}]
    spans = [
        span(spanId="a", attributes=named),
        span(spanId="b", status={"code": "STATUS_CODE_ERROR", "message": "TimeoutError: late"}),
    ]
    frame = read_log(write(tmp_path, spans)).frame
    assert frame.status.tolist() == [429, 500]
    assert frame.error_class.tolist() == ["429", "TimeoutError"]


def test_deprecated_names_and_numbered_prompts(tmp_path):
    flat = {
        "start_time": f"{T}0Z", "end_time": f"{T}1Z", "gen_ai.system": "anthropic",
        "gen_ai.request.model": "claude", "gen_ai.usage.prompt_tokens": 8,
        "gen_ai.usage.completion_tokens": 2, "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "be brief", "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": "why?",
    }  # fmt: skip
    row = read_log(write(tmp_path, [flat])).frame.iloc[0]
    assert (row.provider, row.input_tokens, row.output_tokens) == ("anthropic", 8, 2)
    assert (row.prompt, row.latency_s) == ("why?", 1.0)


def test_pairs_of_request_and_response(tmp_path):
    rows = [
        pair(),
        pair(response=None, error={"code": 503, "type": "ServiceUnavailableError"}),
        pair(response={"error": {"message": "Rate limit", "type": "rate_limit"},
                       "status_code": 429}),
        pair(response=None),
    ]  # fmt: skip
    read = read_log(write(tmp_path, rows))
    assert (read.report.format, len(read.report.aside)) == ("openai-jsonl", 1)
    frame = read.frame
    assert frame.status.tolist() == [200, 503, 429]
    first = frame.iloc[0]
    assert (first.cached_input_tokens, first.reasoning_tokens, first.latency_s) == (5, 2, 1.2)
    assert (first.user, first.prompt, first.model) == ("u1", "hi", "gpt-4o-2024-08-06")


def test_batch_output_responses_and_messages(tmp_path):
    batch = {"id": "b", "custom_id": "x", "error": None, "response": {
        "status_code": 200, "request_id": "r", "body": {
            "object": "chat.completion", "created": 1767607200, "model": "gpt-4o",
            "usage": {"prompt_tokens": 1, "completion_tokens": 2}}}}  # fmt: skip
    response = {"id": "resp", "object": "response", "created_at": 1767607201, "model": "gpt-5",
                "usage": {"input_tokens": 30, "output_tokens": 4,
                          "input_tokens_details": {"cached_tokens": 20}}}  # fmt: skip
    message = {"id": "m", "type": "message", "created_at": 1767607202, "model": "claude",
               "usage": {"input_tokens": 5, "output_tokens": 6, "cache_read_input_tokens": 70,
                         "cache_creation_input_tokens": 25}}  # fmt: skip
    frame = read_log(write(tmp_path, [batch, response, message])).frame
    assert frame.input_tokens.tolist() == [1, 30, 100]  # 5 + 70 + 25: Anthropic counts them apart
    assert frame.cached_input_tokens.tolist() == [0, 20, 70]
    assert frame.timestamp.dt.second.tolist() == [0, 1, 2]


def test_helicone_rows(tmp_path):
    rows = [helicone(), helicone(request_id="h2", response_status=-3)]
    read = read_log(write(tmp_path, rows))
    assert read.report.format == "helicone"
    first = read.frame.iloc[0]
    assert (first.latency_s, first.ttft_s, first.user, first.prompt) == (0.95, 0.12, "u9", "hey")
    assert read.frame.status.tolist() == [200, 500]


def test_a_helicone_csv(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        "request_id,request_created_at,response_created_at,request_model,response_status,"
        "prompt_tokens,completion_tokens\n"
        f"a,{T}0Z,{T}3Z,gpt-4o,200,5,6\nb,{T}1Z,{T}2Z,gpt-4o,429,,\n"
    )
    frame = read_log(path).frame
    assert frame.latency_s.tolist() == [3.0, 1.0]
    assert frame.status.tolist() == [200, 429]


# rows, requests, input tokens: of the published samples, counted by hand
REAL = {
    "langfuse_trace_export/langgraph-2025-08-22.json": ("langfuse", 9, 2, 168),
    "langfuse_trace_export/google-vertex-tools-langchain-2025-09-19.json": ("langfuse", 1, 1, 1200),
    "langfuse_trace_export/microsoft-agent-2025-10-14.json": ("langfuse", 4, 2, 656),
    "langfuse_trace_export/openai-agents-2025-09-30.json": ("langfuse", 5, 2, 140),
    "litellm_to_langfuse_generation.json": ("langfuse", 1, 1, 10),
    "otel_genai_client_span.json": ("otel-genai", 1, 1, 97),
    "otel_genai_deprecated_client_span.json": ("otel-genai", 1, 1, 97),
    "otel_vercel_ai_sdk_v6_spans.json": ("otel-genai", 10, 4, 142),
}


@pytest.mark.parametrize("name", REAL)
def test_published_samples(data, name):
    read = read_log(data / "log_formats" / name)
    report = read.report
    found = (report.format, report.rows_read, len(read.frame), int(read.frame.input_tokens.sum()))
    assert found == REAL[name]
    assert report.rows_read == report.rows_accepted + len(report.rejects)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([f"{T}0Z", "GENERATION", "429", -1, 2**70, "\ud800", "NaN"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner,
                                                                max_size=3),
    max_leaves=5,
)  # fmt: skip
SAMPLES = {"langfuse": observation, "otel-genai": span, "openai-jsonl": pair, "helicone": helicone}


def places(value, path=()):
    """Return the paths of all values inside `value`."""
    found = [path] if path else []
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        found += [p for key in keys for p in places(value[key], (*path, key))]
    return found


@pytest.mark.parametrize("format", SAMPLES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(draw=st.data())
def test_any_value_in_any_place_is_a_reject_or_a_missing_value(tmp_path, format, draw):
    good = SAMPLES[format]()
    changed = copy.deepcopy(good)
    for _ in range(draw.draw(st.integers(1, 3))):
        path = draw.draw(st.sampled_from(places(changed)))
        inside = changed
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = draw.draw(ANY)
    log = write(tmp_path, [good, changed])
    try:
        read = read_log(log, format=format)
    except InputError:
        return
    report = read.report
    assert report.rows_read == report.rows_accepted + len(report.rejects) == 2
    assert {name: str(kind) for name, kind in read.frame.dtypes.items()} == dict(COLUMNS)
