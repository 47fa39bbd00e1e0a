"""Logs of observability tools: what counts as a request, its tokens, times and failures."""

from __future__ import annotations

import copy
import json
import random

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


def attributes(**more):
    return [*span()["attributes"],
            *({"key": k.replace("__", "."), "value": v} for k, v in more.items())]  # fmt: skip


def test_an_otlp_document_that_holds_one_span_is_that_span(tmp_path):
    documents = [{"resourceSpans": [{"scopeSpans": [{"spans": [span(spanId=i)]}]}]} for i in "ab"]
    assert read_log(write(tmp_path, documents)).frame.request_id.tolist() == ["a", "b"]


def test_what_is_no_span_in_an_otlp_document_is_a_reject(tmp_path):
    scopes = [{"spans": [span(), 7, None]}, "no scope"]
    read = read_log(write(tmp_path, [{"resourceSpans": [{"scopeSpans": scopes}, 3]}]))
    # rows: the span, 7, None, "no scope" and 3
    assert (read.report.rows_read, read.report.rows_accepted, len(read.report.rejects)) == (5, 1, 4)
    assert not read.report.aside


def test_a_document_or_trace_that_holds_nothing_is_set_aside(tmp_path):
    for good, empty in (
        ({"resourceSpans": [{"scopeSpans": [{"spans": [span()]}]}]}, {"resourceSpans": []}),
        ({"trace": {}, "observations": [observation()]}, {"trace": {}, "observations": []}),
    ):
        report = read_log(write(tmp_path, [good, empty])).report
        assert (report.rows_read, report.rows_accepted, len(report.aside)) == (2, 1, 1)


def test_a_call_without_usage_below_its_usage_counts_once(tmp_path):
    without = span()["attributes"][:2]
    spans = [span(spanId="a", parentSpanId=""),
             span(spanId="b", parentSpanId="a", attributes=without),
             span(spanId="c", parentSpanId="b", attributes=without)]  # fmt: skip
    read = read_log(write(tmp_path, spans))
    assert read.frame.request_id.tolist() == ["a"]
    assert read.frame.input_tokens.tolist() == [100]


def test_a_failed_attempt_beside_the_one_that_answered_counts(tmp_path):
    failed = span()["attributes"][:2]
    spans = [span(spanId="a", parentSpanId=""), span(spanId="c", parentSpanId="a"),
             span(spanId="b", parentSpanId="a", attributes=failed, status={"code": 2})]  # fmt: skip
    frame = read_log(write(tmp_path, spans)).frame
    assert dict(zip(frame.request_id, frame.status, strict=True)) == {"c": 200, "b": 500}


def test_calls_without_usage_anywhere_count_at_their_lowest_span(tmp_path):
    bare = span()["attributes"][:2]
    spans = [span(spanId="a", parentSpanId="", attributes=bare),
             span(spanId="b", parentSpanId="a", attributes=bare)]  # fmt: skip
    assert read_log(write(tmp_path, spans)).frame.request_id.tolist() == ["b"]


def test_a_parent_is_looked_for_in_its_own_trace(tmp_path):
    spans = [span(traceId="t1", spanId="a", parentSpanId=""),
             span(traceId="t2", spanId="b", parentSpanId="a")]  # fmt: skip
    assert len(read_log(write(tmp_path, spans)).frame) == 2


def test_operations_outside_the_convention_need_usage_and_tools_are_none(tmp_path):
    def named(identity, operation, *rest):
        name = {"key": "gen_ai.operation.name", "value": {"stringValue": operation}}
        return span(spanId=identity, parentSpanId="", attributes=[name, *rest])

    model, *usage = span()["attributes"][1:]
    spans = [
        named("a", "completion", model, *usage),
        named("b", "completion", model),
        named("c", "execute_tool", model, *usage),
        named("d", "embeddings", model, *usage),
    ]
    read = read_log(write(tmp_path, spans))
    assert (read.frame.request_id.tolist(), len(read.report.aside)) == (["a"], 3)


def test_the_exception_of_a_span_names_its_error(tmp_path):
    kind = {"key": "exception.type", "value": {"stringValue": "openai.RateLimitError"}}
    events = [{"name": "exception", "attributes": [kind]}]
    frame = read_log(write(tmp_path, [span(status={"code": 2}, events=events)])).frame
    assert frame.error_class.tolist() == ["RateLimitError"]


def test_cached_tokens_beside_the_input_are_added_and_said(tmp_path):
    cached = {"gen_ai__usage__cache_read__input_tokens": {"intValue": "500"}}
    read = read_log(write(tmp_path, [span(attributes=attributes(**cached))], "a.jsonl"))
    assert read.frame.input_tokens.tolist() == [600]  # 500 cannot be a part of 100
    assert "1 rows count cached tokens beside their input tokens: added to them" in (
        read.report.warnings
    )
    # 12 + 3 + 4 read + 5 written = 24: beside. 12 + 3 = 15: inside.
    rows = [helicone(request_id=i, prompt_cache_read_tokens=4, prompt_cache_write_tokens=5,
                     total_tokens=total) for i, total in (("a", 24), ("b", 15))]  # fmt: skip
    frame = read_log(write(tmp_path, rows, "b.jsonl")).frame
    assert frame.input_tokens.tolist() == [21, 12]
    assert frame.cached_input_tokens.tolist() == [4, 4]


@pytest.mark.parametrize("wrong", ["many", -5])
def test_adding_cached_tokens_hides_no_wrong_count(tmp_path, wrong):
    rows = [helicone(), helicone(request_id="h2", prompt_tokens=wrong, prompt_cache_read_tokens=9)]
    report = read_log(write(tmp_path, rows)).report
    assert [reject.reason.split()[0] for reject in report.rejects] == ["input_tokens"]


def test_langfuse_usage_in_the_words_of_openai_and_of_anthropic(tmp_path):
    openai = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
              "prompt_tokens_details": {"cached_tokens": 60},
              "completion_tokens_details": {"reasoning_tokens": 5}}  # fmt: skip
    anthropic = {"input_tokens": 95, "output_tokens": 20, "cache_read_input_tokens": 3,
                 "cache_creation_input_tokens": 2}  # fmt: skip
    rows = [observation(id=i, usageDetails=u) for i, u in (("o", openai), ("a", anthropic))]
    frame = read_log(write(tmp_path, rows)).frame
    assert frame.input_tokens.tolist() == [100, 100]  # 95 + 3 + 2
    assert frame.cached_input_tokens.tolist() == [60, 3]
    assert frame.reasoning_tokens.tolist() == [5, 0]


def test_langfuse_costs_without_a_total_are_their_sum(tmp_path):
    costs = [{"input": 0.25, "output": 0.5}, {"input": "dear"}]
    rows = [observation(id=str(i), costDetails=c) for i, c in enumerate(costs)]
    read = read_log(write(tmp_path, rows))
    assert read.frame.cost_usd[0] == 0.75
    assert read.frame.cost_usd.isna().tolist() == [False, True]
    assert any("values of cost_usd" in warning for warning in read.report.warnings)


@pytest.mark.parametrize(
    "message",
    ["Connection to https://proxy:443 refused", "context (512 tokens) is full", "500 words"],
)
def test_a_number_in_a_message_is_not_always_a_status(tmp_path, message):
    row = observation(level="ERROR", statusMessage=message)
    read = read_log(write(tmp_path, [row]))
    assert read.frame.status.tolist() == [500]
    assert any("status 500 assumed" in warning for warning in read.report.warnings)


@pytest.mark.parametrize(
    "message",
    [
        "429 Too Many Requests",
        "(429) slow",
        "HTTP 429",
        "status code: 429",
        '{"code":"429"}',
        "429",
    ],
)
def test_the_status_of_a_message(tmp_path, message):
    row = observation(level="ERROR", statusMessage=message)
    assert read_log(write(tmp_path, [row])).frame.status.tolist() == [429]


def test_langfuse_pages_and_traces_of_the_api(tmp_path):
    page = {"data": [observation(), observation(id="o2", type="SPAN"), 5], "meta": {"page": 1}}
    report = read_log(write(tmp_path, [page], "page.json")).report
    assert (report.format, report.rows_read, len(report.aside)) == ("langfuse", 3, 1)
    assert report.rows_accepted == 1
    trace = {"id": "t1", "userId": "u1", "sessionId": "s1", "observations": [observation()]}
    frame = read_log(write(tmp_path, [trace], "trace.json")).frame
    assert (frame.user[0], frame.session_id[0]) == ("u1", "s1")


def test_langfuse_names_of_user_and_session_in_metadata(tmp_path):
    metadata = {"langfuse_user_id": "mu", "langfuse_session_id": "ms", "ls_provider": "openai"}
    for form in (metadata, json.dumps(metadata)):
        row = read_log(write(tmp_path, [observation(metadata=form)])).frame.iloc[0]
        assert (row.user, row.session_id, row.provider) == ("mu", "ms", "openai")


def test_an_observation_whose_type_is_no_text_is_a_reject(tmp_path):
    rows = [observation(), observation(id="o2", type={"a": 1}), observation(id="o3", type=None)]
    report = read_log(write(tmp_path, rows)).report
    assert (report.rows_accepted, len(report.rejects), len(report.aside)) == (1, 2, 0)


def test_a_failed_response_is_a_failure_and_an_embedding_no_request(tmp_path):
    response = {"object": "response", "model": "m", "created_at": 1767607200,
                "usage": {"input_tokens": 1, "output_tokens": 2}}  # fmt: skip
    rows = [
        {**response, "id": "a", "status": "completed", "error": None},
        {**response, "id": "b", "status": "failed", "error": None, "usage": None},
        {"object": "list", "model": "e", "created": 1767607200, "usage": {"prompt_tokens": 3}},
    ]
    read = read_log(write(tmp_path, rows))
    assert dict(zip(read.frame.request_id, read.frame.status, strict=True)) == {"a": 200, "b": 500}
    assert len(read.report.aside) == 1


def test_helicone_pages_and_properties(tmp_path):
    named = {"Helicone-Session-Id": "s1"}
    rows = [helicone(request_id="a", request_properties=named),
            helicone(request_id="b", request_properties=json.dumps(named)),
            helicone(request_id="c", **{"properties_Helicone-Session-Id": "s1"})]  # fmt: skip
    read = read_log(write(tmp_path, [{"data": rows, "error": None}], "page.json"))
    assert (read.report.format, read.report.rows_read) == ("helicone", 3)
    assert read.frame.session_id.tolist() == ["s1", "s1", "s1"]


def test_helicone_exports_csv_whose_json_has_its_quotes_doubled_twice(tmp_path):
    body = json.dumps({"messages": [{"role": "user", "content": "hey"}]}).replace('"', '""' * 2)
    path = tmp_path / "output.csv"
    path.write_text(
        "response_id,response_created_at,response_status,request_created_at,request_body,"
        "request_properties,request_user_id,model,prompt_tokens,completion_tokens,latency,cost\n"
        f'"r","{T}2Z","200","{T}0Z","{body}","{{}}","u9","gpt-4o","5","6","1900","0.25"\n'
    )
    read = read_log(path)
    row = read.frame.iloc[0]
    assert (read.report.format, row.prompt, row.user) == ("helicone", "hey", "u9")
    assert (row.latency_s, row.cost_usd, row.input_tokens) == (1.9, 0.25, 5)


def test_helicone_milliseconds_are_not_read_as_seconds_where_names_are_few(tmp_path):
    row = {"request_created_at": f"{T}0Z", "created_at": f"{T}1Z", "model": "m", "status": 200,
           "latency": 900, "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3,
           "user_id": "u"}  # fmt: skip
    read = read_log(write(tmp_path, [row]))
    assert (read.report.format, read.frame.latency_s[0]) == ("helicone", 0.9)
    assert read.frame.timestamp.dt.second.tolist() == [0]


HOSTILE = {
    "signs": ("otel-genai", span(attributes=attributes(a__b={"intValue": "--5"}))),
    "no ASCII digit": ("otel-genai", span(attributes=attributes(a__b={"intValue": "\u00b2"}))),
    "status": ("langfuse", observation(level="ERROR", statusMessage="1\u00b23")),
    "tokens": ("langfuse", observation(usageDetails={"input": 10**400, "input_x": 0.5})),
    "cost": ("langfuse", observation(costDetails={"input": 10**400, "output": 0.5})),
    "latency": ("openai-jsonl", pair(latency_ms=10**400)),
    "wait": ("otel-genai", span(attributes={"gen_ai.request.model": "m",
                                            "ai.response.msToFirstChunk": 10**400})),
    "delay": ("helicone", helicone(delay_ms=10**400)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_numbers_that_no_type_holds_do_not_stop_the_read(tmp_path, name):
    format, bad = HOSTILE[name]
    report = read_log(write(tmp_path, [SAMPLES[format](), bad]), format=format).report
    assert report.rows_read == report.rows_accepted + len(report.rejects) == 2
    assert report.rows_accepted == (1 if name == "tokens" else 2)


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


JUNK = [
    None, True, False, 0, -1, 7, 2**70, 10**400, 0.5, -1.5, 1e300, float("nan"), float("inf"), "",
    "x", "429", "NaN", "\ud800", "null", f"{T}0Z", "GENERATION", "1" * 40, "--5", "\u00b2",
    "1\u00b23", {"intValue": "--5"},
]  # fmt: skip


def junk(rng: random.Random, depth: int = 0):
    """Return a value of any type, nested now and then."""
    if depth < 2 and rng.random() < 0.3:
        inner = [junk(rng, depth + 1) for _ in range(rng.randrange(3))]
        return inner if rng.random() < 0.5 else {str(rng.choice(JUNK))[:9]: v for v in inner}
    return rng.choice(JUNK)


SAMPLES = {
    "langfuse": observation,
    "langfuse trace": lambda: {"trace": {"userId": "u"}, "observations": [observation()]},
    "langfuse page": lambda: {"data": [observation(metadata={"user_id": "u"})], "meta": {}},
    "otel-genai": span,
    "otel-genai document": lambda: {
        "resourceSpans": [{"scopeSpans": [{"spans": [span(events=[{"attributes": []}])]}]}]
    },
    "openai-jsonl": pair,
    "helicone": helicone,
    "helicone page": lambda: {"data": [helicone(request_properties={"a": "b"})]},
}


def places(value, path=()):
    """Return the paths of all values inside `value`."""
    found = [path] if path else []
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        found += [p for key in keys for p in places(value[key], (*path, key))]
    return found


@pytest.mark.parametrize("sample", SAMPLES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_any_value_in_any_place_is_a_reject_or_a_missing_value(tmp_path, sample, seed):
    rng = random.Random(seed)
    good = SAMPLES[sample]()
    changed = copy.deepcopy(good)
    for _ in range(rng.randint(1, 3)):
        if not changed:
            break
        path = rng.choice(places(changed))
        inside = changed
        for key in path[:-1]:
            inside = inside[key]
        if rng.random() < 0.7:
            inside[path[-1]] = junk(rng)
        else:
            del inside[path[-1]]
    log = write(tmp_path, [good, changed])
    try:
        read = read_log(log, format=sample.split()[0])
    except InputError:
        return
    report = read.report
    assert report.rows_read == report.rows_accepted + len(report.rejects) >= 2
    assert {name: str(kind) for name, kind in read.frame.dtypes.items()} == dict(COLUMNS)
