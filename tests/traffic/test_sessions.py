"""Agents' sessions, call events and agent rounds: every row has its place, requests count once."""

from __future__ import annotations

import copy
import json
from collections import Counter

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routelab import InputError
from routelab.reading import read_rows
from routelab.traffic import COLUMNS, READERS, read_log

STAMP = "2026-02-01T10:00:{:06.3f}Z"


@pytest.fixture
def jsonl(tmp_path):
    def write(*records, name="log.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        return path

    return write


def accounts_for_every_row(report):
    return report.rows_read == report.rows_accepted + len(report.rejects)


# --- Claude Code ------------------------------------------------------------------------------


def said(second, content, **more):
    return {
        "type": "user",
        "sessionId": "s1",
        "timestamp": STAMP.format(second),
        "message": {"role": "user", "content": content},
        **more,
    }


def answered(second, name, output=7, **more):
    usage = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 200,
        "cache_read_input_tokens": 3000,
        "output_tokens": output,
    }
    message = {"role": "assistant", "id": f"msg_{name}", "model": "claude-x", "usage": usage}
    return {
        "type": "assistant",
        "sessionId": "s1",
        "requestId": f"req_{name}",
        "timestamp": STAMP.format(second),
        "message": message,
        **more,
    }


RESULT = [{"type": "tool_result", "tool_use_id": "t1", "content": "42"}]
SESSION = [
    {"type": "summary", "summary": "a short one", "leafUuid": "u9"},
    said(0, "how many?"),
    answered(2, "a", output=1),
    answered(3.5, "a", output=90),
    said(4, RESULT),
    answered(6, "b"),
]


def test_the_published_claude_code_sample_has_its_totals(data):
    read = read_log(data / "log_formats" / "claude_code_session.jsonl")
    assert (read.report.format, read.report.rows_read, len(read.frame)) == ("claude-code", 3, 3)
    # 100 + 25 + 10, 200 + 50 + 20, 300 + 0 + 40
    assert list(read.frame.input_tokens) == [135, 270, 340]
    assert list(read.frame.cached_input_tokens) == [10, 20, 40]
    assert list(read.frame.output_tokens) == [50, 75, 125]
    assert list(read.frame.cost_usd) == [0.12, 0.34, 0.56]
    assert read.frame.model[1] == "claude-opus-4-20250514"
    assert set(read.frame.session_id) == {"session-alpha"}
    assert read.frame.latency_s.isna().all()
    assert "3 requests have no line before them that asked" in read.report.warnings[0]


def test_a_streamed_message_counts_once_by_its_last_line(jsonl):
    read = read_log(jsonl(*SESSION))
    assert list(read.frame.request_id) == ["req_a", "req_b"]
    assert list(read.frame.output_tokens) == [90, 7]
    assert list(read.frame.input_tokens) == [3210, 3210]
    assert list(read.frame.cached_input_tokens) == [3000, 3000]
    assert (read.report.rows_read, read.report.rows_accepted) == (6, 2)
    assert Counter(reject.reason for reject in read.report.aside) == {
        "a line of type 'summary', no model call": 1,
        "what a user or a tool said, no model call": 2,
        "another line of a message that counts once": 1,
    }


def test_latency_runs_from_the_line_that_asked_to_the_last_line_of_the_answer(jsonl):
    frame = read_log(jsonl(*SESSION)).frame
    assert list(frame.latency_s) == [3.5, 2.0]  # 0 to 3.5 s, and 4 to 6 s
    assert list(frame.timestamp.dt.second) == [0, 4]


def test_the_prompt_stays_through_tool_rounds(jsonl):
    notes = [
        said(6.5, "<local-command-stdout>ok</local-command-stdout>"),
        said(6.6, "never mind this", isMeta=True),
    ]
    more = [answered(7, "c"), said(8, "and now?"), answered(9, "d")]
    read = read_log(jsonl(*SESSION, *notes, *more))
    assert list(read.frame.prompt) == ["how many?", "how many?", "how many?", "and now?"]


def test_a_tool_result_amid_an_answer_asks_for_the_next_one(jsonl):
    lines = [said(0, "go"), answered(1, "a"), said(2, RESULT), answered(3, "a"), answered(5, "b")]
    frame = read_log(jsonl(*lines)).frame
    assert list(frame.latency_s) == [3.0, 3.0]  # a: 0 to 3 s; b: 2 to 5 s
    assert list(frame.request_id) == ["req_a", "req_b"]


def test_an_answer_that_nobody_asked_for_stands_at_its_own_stamp(jsonl):
    read = read_log(jsonl(said(0, "go"), answered(1, "a"), answered(30, "b")))
    assert read.frame.latency_s[0] == 1.0
    assert pd.isna(read.frame.latency_s[1])
    assert read.frame.timestamp.dt.second[1] == 30


def test_sub_agents_keep_their_own_turns(jsonl):
    side = {"isSidechain": True, "agentId": "a7"}
    lines = [
        said(0, "main"),
        said(1, "side", **side),
        answered(4, "side", **side),
        answered(5, "main"),
    ]
    frame = read_log(jsonl(*lines)).frame
    assert dict(zip(frame.prompt, frame.latency_s, strict=True)) == {"main": 5.0, "side": 3.0}
    assert set(frame.session_id) == {"s1"}


@pytest.mark.parametrize(
    ("text", "status", "name"),
    [
        ('API Error: 529 {"type":"error","error":{"type":"overloaded_error"}}', 529,
         "overloaded_error"),
        ('API Error ({"type":"error","error":{"type":"rate_limit_error"}})', 429,
         "rate_limit_error"),
        ("Prompt is too long", 400, "api_error"),
        ("API Error: Request timed out.", 408, "api_error"),
        ("Invalid API key · Please run /login", 401, "api_error"),
    ],
)  # fmt: skip
def test_an_api_error_is_a_failed_request_without_tokens(jsonl, text, status, name):
    failure = answered(2, "e", isApiErrorMessage=True)
    failure["message"] |= {"model": "<synthetic>", "content": [{"type": "text", "text": text}]}
    read = read_log(jsonl(said(0, "go"), failure))
    row = read.frame.iloc[0]
    assert (row.status, row.error_class, row.latency_s) == (status, name, 2.0)
    assert pd.isna(row.input_tokens) and pd.isna(row.output_tokens) and pd.isna(row.model)
    assert not any("assumed" in warning for warning in read.report.warnings)


def test_an_error_without_a_known_cause_is_assumed_to_be_500_and_says_so(jsonl):
    failure = answered(2, "e", isApiErrorMessage=True)
    failure["message"] |= {"content": [{"type": "text", "text": "Something odd"}]}
    read = read_log(jsonl(said(0, "go"), failure))
    assert read.frame.status[0] == 500
    assert "1 failure rows carry no status code: status 500 assumed" in read.report.warnings


def test_a_retried_request_is_censored(jsonl):
    retry = {"type": "system", "subtype": "api_error", "sessionId": "s1", "retryAttempt": 1}
    lines = [said(0, "go"), retry, answered(9, "a"), said(10, "on"), answered(11, "b")]
    assert list(read_log(jsonl(*lines)).frame.censored) == [True, False]


def test_messages_of_the_client_itself_are_aside(jsonl):
    own = answered(2, "own")
    own["message"]["model"] = "<synthetic>"
    read = read_log(jsonl(said(0, "go"), answered(1, "a"), own))
    assert list(read.frame.request_id) == ["req_a"]
    assert read.report.aside[-1].reason.startswith("written by the client itself")


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("input_tokens", {}, "input_tokens '{}' is not a whole number"),
        ("cache_creation_input_tokens", "12", "is not a whole number"),
        ("cache_read_input_tokens", True, "input_tokens 'True' is not a whole number"),
        ("cache_creation_input_tokens", -5, "input_tokens '-5' is negative"),
        ("output_tokens", [1], "is not a whole number"),
    ],
)
def test_counts_that_are_none_are_refused_with_their_line(jsonl, field, value, why):
    broken = answered(2, "b")
    broken["message"]["usage"][field] = value
    read = read_log(jsonl(said(0, "go"), answered(1, "a"), broken))
    assert len(read.frame) == 1
    (reject,) = read.report.rejected
    assert reject.line == 3
    assert why in reject.reason


def test_an_answer_without_usage_is_refused(jsonl):
    broken = answered(2, "b")
    del broken["message"]["usage"]
    read = read_log(jsonl(answered(1, "a"), broken, {"odd": 1}))
    assert [reject.reason for reject in read.report.rejected] == [
        "the assistant's line has no usage",
        "neither a type nor a message",
    ]


# --- Codex ------------------------------------------------------------------------------------


def counted(second, last, total, **info):
    usage = dict(
        zip(("input_tokens", "cached_input_tokens", "output_tokens"), last, strict=True),
        reasoning_output_tokens=5,
        total_tokens=last[0] + last[2],
    )
    info = {"last_token_usage": usage, "total_token_usage": {"total_tokens": total}, **info}
    return event(second, "token_count", info=info)


def event(second, kind, **payload):
    return line(second, "event_msg", {"type": kind, **payload})


def line(second, kind, payload):
    return {"timestamp": STAMP.format(second), "type": kind, "payload": payload}


ROLLOUT = [
    line(0, "session_meta", {"id": "s-1", "model_provider": "openai"}),
    line(0, "turn_context", {"model": "gpt-y"}),
    line(1, "response_item", {"type": "message", "role": "user", "content": "<environment/>"}),
    event(1, "user_message", message="count them"),
    event(1.2, "token_count", info=None, rate_limits={}),
    line(2, "response_item", {"type": "reasoning"}),
    line(3, "response_item", {"type": "function_call"}),
    line(3.5, "response_item", {"type": "function_call_output"}),
    counted(4, (100, 60, 20), 120),
    counted(4.1, (100, 60, 20), 120),
    line(5, "response_item", {"type": "message", "role": "assistant"}),
    counted(6, (150, 120, 10), 280),
]


def test_the_published_codex_sample_has_its_totals(data):
    read = read_log(data / "log_formats" / "codex_session.jsonl")
    assert (read.report.format, read.report.rows_read, len(read.frame)) == ("codex", 3, 2)
    assert list(read.frame.model) == ["gpt-5.2-codex", "gpt-5.3-codex"]
    # The file's own totals: 3500 in, of which 750 cached, 425 out, 275 reasoning.
    sums = read.frame[["input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens"]]
    assert list(sums.sum()) == [3500, 750, 425, 275]
    assert any(
        "in 2 requests total_tokens is input + output + reasoning" in w
        for w in read.report.warnings
    )


def test_a_token_count_that_moved_is_a_request_and_a_repeat_is_not(jsonl):
    read = read_log(jsonl(*ROLLOUT))
    assert list(read.frame.input_tokens) == [100, 150]
    assert list(read.frame.cached_input_tokens) == [60, 120]
    assert list(read.frame.reasoning_tokens) == [5, 5]
    assert set(read.frame.session_id) == {"s-1"}
    assert set(read.frame.provider) == {"openai"}
    assert set(read.frame.model) == {"gpt-y"}
    assert set(read.frame.prompt) == {"count them"}
    assert (read.report.rows_read, read.report.rows_accepted) == (12, 2)
    reasons = Counter(reject.reason for reject in read.report.aside)
    assert reasons["a repeated token count: the total did not move"] == 1
    assert reasons["a token count without usage (rate limits only)"] == 1


def test_a_tool_that_ends_before_its_token_count_asks_for_the_next_answer(jsonl):
    frame = read_log(jsonl(*ROLLOUT)).frame
    assert list(frame.latency_s) == [3.0, 2.5]  # 1 to 4 s; the output of 3.5 s to 6 s
    assert frame.timestamp[1] == pd.Timestamp("2026-02-01T10:00:03.5Z")


def test_equal_usage_with_a_total_that_moved_is_another_request(jsonl):
    read = read_log(jsonl(counted(1, (9, 0, 6), 15), counted(2, (9, 0, 6), 30)))
    assert len(read.frame) == 2


def test_the_model_of_a_count_wins_over_the_turns_and_later_turns_over_earlier(jsonl):
    lines = [
        line(0, "turn_context", {"model": "first"}),
        counted(1, (9, 0, 6), 15),
        line(2, "turn_context", {"model": "second"}),
        counted(3, (9, 0, 6), 30),
        counted(4, (9, 0, 6), 45, model="own"),
    ]
    assert list(read_log(jsonl(*lines)).frame.model) == ["first", "second", "own"]


def test_a_prompt_is_found_where_only_response_items_hold_it(jsonl):
    items = [
        line(0, "response_item", {"type": "message", "role": "user", "content": content})
        for content in ([{"type": "input_text", "text": "find it"}], "<environment_context>")
    ]
    read = read_log(jsonl(*items, counted(1, (9, 0, 6), 15)))
    assert read.frame.prompt[0] == "find it"


# --- call events ------------------------------------------------------------------------------

EVENTS = "timestamp,run,event,model,query_id,attempt,error_class,http_status\n"


def test_the_published_call_log_has_its_calls_and_failures(data):
    read = read_log(data / "call_log_openrouter" / "call_events.csv")
    report = read.report
    assert (report.format, report.rows_read, len(read.frame)) == ("call-events", 2084, 1300)
    assert accounts_for_every_row(report)
    assert report.rejected == []
    reasons = Counter(reject.reason.split(":")[0] for reject in report.aside)
    assert reasons["row_failed"] == 566
    failures = read.frame[read.frame.status >= 400].groupby(["error_class", "status"]).size()
    assert failures.to_dict() == {
        ("bad_request", 400): 17,
        ("client_bug", 400): 1,
        ("client_stopped", 499): 18,
        ("connection_reset", 503): 7,
        ("dns_failure", 503): 455,
        ("empty_response", 502): 13,
        ("invalid_json", 502): 2,
        ("no_choices", 502): 4 + 33,  # row_failed, and unexpected_response
        ("not_found", 404): 19,
        ("payment_required", 402): 31,
        ("server_error", 500): 3,
        ("server_error", 502): 1,
        ("timeout", 408): 8,
        ("tls_error", 503): 3,
        ("truncated_response", 502): 2,
    }
    assert read.frame[read.frame.status == 404].model.unique() == ["deepseek/deepseek-r1"]
    broke = read.frame[read.frame.status == 402].timestamp.dt.strftime("%m-%d %H:%M")
    assert broke.between("06-25 13:03", "06-25 13:09").all()
    # 83 failed attempts: 27 calls tried three times, and two tried once
    assert read.frame.censored.sum() == 29
    assert report.zone == "assumed UTC"
    tokens = [text for text in report.warnings if "token" in text]
    assert len(tokens) == 1
    assert tokens[0].startswith("683 successful rows have no token counts")


def test_a_call_ends_at_its_failure_or_at_the_next_event_of_its_run(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        EVENTS + "2026-01-01 10:00:00,1,run_start,,,,,\n"
        "2026-01-01 10:00:01,1,call_start,m,q1,,,\n"
        "2026-01-01 10:00:02,2,call_start,m,q2,,,\n"
        "2026-01-01 10:00:05,1,call_start,m,q3,,,\n"
        "2026-01-01 10:00:06,1,attempt_failed,m,,1,timeout,\n"
        "2026-01-01 10:00:08,1,row_failed,m,,,rate_limited,\n"
        "2026-01-01 10:00:20,1,run_finish,,,,,\n"
    )
    read = read_log(path)
    first, second, third = read.frame.to_dict("records")
    assert (first["latency_s"], first["status"], first["censored"]) == (4.0, 200, False)
    assert (second["status"], second["error_class"]) == (499, "client_stopped")
    assert pd.isna(second["latency_s"])
    assert (third["latency_s"], third["status"], third["censored"]) == (3.0, 429, True)
    assert "1 calls are the last event of their run" in read.report.warnings[0]
    assert read.report.rows_read == 7


def test_an_http_status_wins_over_the_class_and_unknown_classes_are_500(tmp_path):
    path = tmp_path / "events.csv"
    rows = [("timeout", "504"), ("timeout", "200"), ("odd", ""), ("", "")]
    text = EVENTS
    for number, (name, status) in enumerate(rows):
        text += f"2026-01-01 10:0{number}:00,1,call_start,m,,,,\n"
        text += f"2026-01-01 10:0{number}:09,1,row_failed,m,,,{name},{status}\n"
    path.write_text(text)
    read = read_log(path)
    assert list(read.frame.status) == [504, 408, 500, 500]
    assert list(read.frame.error_class) == ["timeout", "timeout", "odd", "unknown"]
    assert "2 failures of an unknown error class: status 500 assumed" in read.report.warnings


def test_failures_of_no_call_and_unknown_events_are_refused(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        EVENTS + "2026-01-01 10:00:00,1,row_failed,m,,,timeout,\n"
        "2026-01-01 10:00:01,1,call_start,m,q1,,,\n"
        "2026-01-01 10:00:02,1,row_failed,other,,,timeout,\n"
        "2026-01-01 10:00:03,1,call_ended,m,,,,\n"
    )
    read = read_log(path)
    assert [reject.line for reject in read.report.rejected] == [2, 4, 5]
    assert "of no call that its run has started" in read.report.rejected[0].reason
    assert "'call_ended' is none of call_start" in read.report.rejected[2].reason


# --- TraceLab ---------------------------------------------------------------------------------


def test_the_published_rounds_have_their_tokens_and_times(data):
    path = data / "trace_tracelab" / "round_trace.jsonl"
    read = read_log(path)
    records = [json.loads(text) for text in path.read_text().split("\n") if text]
    assert (read.report.format, read.report.rows_read, len(read.frame)) == ("tracelab", 19, 19)
    assert Counter(read.frame.model) == {"claude-opus-4-8": 10, "gpt-5.4": 9}
    for ours, theirs in [
        ("input_tokens", "input_tokens_total"),
        ("cached_input_tokens", "prefix_tokens"),
        ("output_tokens", "output_tokens"),
    ]:
        assert read.frame[ours].sum() == sum(record[theirs] for record in records)
    assert read.report.coverage["reasoning_tokens"] == pytest.approx(9 / 19)
    first = read.frame[read.frame.request_id == records[1]["round_id"]].iloc[0]
    # results at 05:40:31.696 and 05:40:50.938, answer from 05:41:03.669 to 05:41:04.862
    assert first.timestamp == pd.Timestamp("2026-06-01T05:40:50.938Z")
    assert first.ttft_s == pytest.approx(12.731)
    assert first.latency_s == pytest.approx(13.924)


def test_the_published_replay_plan_puts_rounds_in_order(data):
    path = data / "trace_tracelab" / "replay_multi_session_large.csv"
    read = read_log(path)
    plan = pd.read_csv(path)
    assert (read.report.format, read.report.rows_read, len(read.frame)) == ("tracelab", 303, 303)
    assert read.frame.input_tokens.sum() == plan.prefix_len.sum() + plan.input_len.sum()
    assert read.frame.cached_input_tokens.sum() == plan.prefix_len.sum()
    assert read.frame.session_id.nunique() == 48
    assert read.report.zone == "relative"
    # session 0: arrival 117 s, waits of 300 and 154 ms after rounds 0 and 1
    seconds = read.frame[read.frame.session_id == "0"].timestamp.astype("int64") / 1e6
    assert list(seconds) == pytest.approx([117.0, 117.3, 117.454])
    assert "does not say how long the model takes" in read.report.warnings[0]


def test_rounds_of_a_plan_are_ordered_by_their_index_and_bad_ones_refused(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text(
        "session_id,arrival_time,round_idx,prefix_len,input_len,output_len,tool_wait_after_ms\n"
        "a,10,1,50,5,5,700\na,10,0,0,40,10,200\na,10,2,60,5,5,0\nb,-1,0,0,5,5,0\nb,1,0,0,x,5,0\n"
    )
    read = read_log(path)
    assert list(read.frame.input_tokens) == [40, 55, 65]
    seconds = read.frame.timestamp.astype("int64") / 1e6
    assert list(seconds) == pytest.approx([10.0, 10.2, 10.9])
    assert [reject.reason for reject in read.report.rejected] == [
        "arrival_time '-1' is no number of at least 0",
        "input_len 'x' is no number of at least 0",
    ]


def a_round(*events, **changes):
    record = {
        "provider": "codex",
        "session_id": "s",
        "round_index": 0,
        "round_id": "r",
        "model": "m",
        "input_tokens_total": 100,
        "prefix_tokens": 60,
        "newly_append_tokens": 40,
        "output_tokens": 9,
        "reasoning_output_tokens": 3,
        "timing_events": [
            {"event_type": kind, "timestamp": STAMP.format(second)} for kind, second in events
        ],
    }
    return {**record, **changes}


def test_a_tool_result_after_the_answer_began_does_not_start_the_round(jsonl):
    events = [("user_message", 1), ("text", 3), ("tool_result", 4), ("tool_call", 6)]
    row = read_log(jsonl(a_round(*events))).frame.iloc[0]
    assert (row.latency_s, row.ttft_s) == (5.0, 2.0)


def test_rounds_without_an_ask_or_an_answer_stand_at_what_they_have(jsonl):
    read = read_log(jsonl(a_round(("text", 3)), a_round(("tool_result", 4)), a_round()))
    assert list(read.frame.timestamp.dt.second) == [3, 4]
    assert read.frame.latency_s.isna().all()
    assert "2 rounds lack the event that asked or the answer" in read.report.warnings[0]
    assert [str(reject.reason) for reject in read.report.rejected] == ["timestamp is missing"]


def test_rounds_whose_parts_do_not_add_up_are_counted(jsonl):
    events = [("user_message", 1), ("text", 3)]
    read = read_log(jsonl(a_round(*events), a_round(*events, prefix_tokens=61)))
    assert "in 1 rounds prefix and appended tokens do not add up" in read.report.warnings[0]


# --- hostile rows -----------------------------------------------------------------------------

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**300)
    | st.floats()
    | st.sampled_from(["", "NaN", "1e400", "assistant", "<synthetic>", "\ud800", "api_error"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
SAMPLES = {
    "claude-code": SESSION,
    "codex": ROLLOUT,
    "tracelab": [a_round(("user_message", 1), ("text", 3)), a_round(("tool_result", 1))],
    "call-events": [
        {"timestamp": STAMP.format(n), "run": "1", "event": kind, "model": "m",
         "error_class": "timeout", "http_status": None}
        for n, kind in enumerate(["call_start", "attempt_failed", "row_failed", "call_start"])
    ],
}  # fmt: skip


def places(value, path=()):
    """Every key and index of nested data, as paths."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inner:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))


@pytest.mark.parametrize("name", sorted(SAMPLES))
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(draw=st.data())
def test_any_value_anywhere_is_a_reject_or_a_missing_value(tmp_path, name, draw):
    records = copy.deepcopy(SAMPLES[name])
    for _ in range(draw.draw(st.integers(1, 3))):
        spots = list(places(records))
        if not spots:
            break
        path = draw.draw(st.sampled_from(spots))
        owner = records
        for key in path[:-1]:
            owner = owner[key]
        if draw.draw(st.booleans()):
            owner[path[-1]] = draw.draw(JUNK)
        else:
            del owner[path[-1]]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(record) + "\n" for record in records))
    try:
        read = read_log(log, format=name)
    except InputError:
        return
    assert {n: str(t) for n, t in read.frame.dtypes.items()} == dict(COLUMNS)
    assert accounts_for_every_row(read.report)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_each_sample_is_recognised_and_by_no_other_reader(jsonl, name):
    rows = read_rows(jsonl(*SAMPLES[name]))
    assert [other for other in READERS if READERS[other]().sniff(rows)] == [name]


def test_another_format_is_named_in_the_error(jsonl):
    with pytest.raises(InputError, match="this is not 'codex'.*looks like 'claude-code'"):
        read_log(jsonl(*SESSION), format="codex")
