"""Formats, columns, compression, and the account of what could not be read."""

from __future__ import annotations

import gc
import gzip
import json

import numpy as np
import pandas as pd
import pytest
import zstandard

from routelab import InputError
from routelab.traffic import COLUMNS, READERS, check_traffic, read_log, write_traffic

HEAD = "timestamp,input_tokens,output_tokens\n"
ROW = "2026-01-05T10:00:00Z,12,5\n"


@pytest.fixture
def log(tmp_path):
    def write(text, name="log.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def slp(**changes):
    base = {
        "id": "chatcmpl-1",
        "litellm_call_id": "call-1",
        "call_type": "acompletion",
        "status": "success",
        "custom_llm_provider": "openai",
        "startTime": 1767607200.0,
        "endTime": 1767607202.0,
        "completionStartTime": 1767607200.5,
        "model": "gpt-4o-mini",
        "prompt_tokens": 12,
        "completion_tokens": 5,
        "response_cost": 1e-5,
        "messages": [{"role": "user", "content": "hello"}],
    }
    return {**base, **changes}


# --- formats and containers -------------------------------------------------------------------


def test_readers_are_registered_with_a_title():
    assert READERS.names() == [
        "azure-2023",
        "burstgpt",
        "call-events",
        "claude-code",
        "codex",
        "generic",
        "helicone",
        "langfuse",
        "litellm-slp",
        "litellm-spendlogs",
        "mooncake",
        "openai-jsonl",
        "otel-genai",
        "ragpulse",
        "routelab",
        "servegen",
        "tracelab",
    ]
    assert all(READERS[name].title for name in READERS)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_compressed_logs_are_read_whatever_their_name(log, pack):
    assert len(read_log(log(pack((HEAD + ROW).encode()), "log.bin")).frame) == 1


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_a_cut_archive_is_an_error(log, pack):
    packed = pack((HEAD + ROW * 50).encode())
    with pytest.raises(InputError, match="broken (gzip|Zstandard) file"):
        read_log(log(packed[: len(packed) // 2]))


def test_rubbish_in_an_archive_says_so(log):
    with pytest.raises(InputError, match="broken gzip"):
        read_log(log(b"\x1f\x8b\x08\x00rubbish"))
    with pytest.raises(InputError, match="broken Zstandard"):
        read_log(log(b"\x28\xb5\x2f\xfdrubbish and more rubbish"))


def test_archives_of_several_parts_are_read_whole(log):
    for pack in (gzip.compress, zstandard.ZstdCompressor().compress):
        assert len(read_log(log(pack((HEAD + ROW).encode()) + pack(ROW.encode()))).frame) == 2


def test_json_object_array_lines_and_lines_of_arrays_agree(log):
    one, two = slp(), slp(litellm_call_id="call-2")
    shapes = [
        json.dumps([one, two]),
        json.dumps([one, two], indent=2),
        "[\n" + json.dumps(one) + ",\n" + json.dumps(two) + "\n]\n",
        "[" + json.dumps(one) + ",\n" + json.dumps(two) + "]\n",
        json.dumps(one) + "\n" + json.dumps(two) + "\n\n",
        json.dumps([one]) + "\r\n" + json.dumps([two]) + "\r\n",
        json.dumps(one, indent=1) + "\n" + json.dumps(two, indent=1),
    ]
    for number, text in enumerate(shapes):
        read = read_log(log(text, f"log{number}.json"))
        assert list(read.frame.request_id) == ["call-1", "call-2"], text[:40]
        assert read.report.rows_read == 2


def test_json_lines_are_split_on_newline_alone(log):
    text = "a\u2028b\u0085c"
    line = json.dumps(slp(messages=[{"role": "user", "content": text}]), ensure_ascii=False)
    read = read_log(log(line + "\n"))
    assert read.frame.prompt[0] == text


def test_byte_order_marks_are_understood(log):
    assert len(read_log(log(b"\xef\xbb\xbf" + (HEAD + ROW).encode())).frame) == 1
    assert len(read_log(log((HEAD + ROW).encode("utf-16"))).frame) == 1


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_found(log, delimiter):
    assert len(read_log(log((HEAD + ROW).replace(",", delimiter))).frame) == 1


def test_several_files_are_one_log_in_time_order(log):
    late = log(HEAD + ROW, "late.csv")
    early = log(HEAD + "2026-01-04T10:00:00Z,1,1\n", "early.csv")
    read = read_log([late, early])
    assert list(read.frame.input_tokens) == [1, 12]
    assert list(read.frame.request_id) == ["early:2", "late:2"]


# --- the frame --------------------------------------------------------------------------------


def test_traffic_survives_parquet(log, tmp_path):
    frame = read_log(log(json.dumps([slp(), slp(litellm_call_id="b", messages=None)]))).frame
    frame["shard"] = [1, 2]
    write_traffic(frame, tmp_path / "traffic.parquet")
    read = read_log(tmp_path / "traffic.parquet")
    assert read.report.format == "routelab"
    assert read.report.zone == "UTC"
    pd.testing.assert_frame_equal(read.frame, frame)


def test_our_own_columns_survive_csv(log, tmp_path):
    frame = read_log(log(json.dumps(slp(cache_hit=True)))).frame
    frame.to_csv(tmp_path / "traffic.csv", index=False)
    pd.testing.assert_frame_equal(read_log(tmp_path / "traffic.csv").frame, frame)


def test_check_traffic_fills_defaults_and_sorts():
    stamps = pd.to_datetime(["2026-01-05T11:00Z", "2026-01-05T10:00Z"])
    raw = pd.DataFrame({"timestamp": stamps, "input_tokens": [1, 2], "output_tokens": [3, None]})
    frame = check_traffic(raw)
    assert list(frame.columns) == list(COLUMNS)
    assert list(frame.request_id) == ["r1", "r0"]
    assert frame.status.eq(200).all()
    assert frame.cached_input_tokens.eq(0).all()
    assert frame.output_tokens.isna().tolist() == [True, False]
    assert frame.latency_s.isna().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"timestamp": pd.to_datetime(["2026-01-05"])}, "time zone aware"),
        ({"timestamp": pd.to_datetime([None], utc=True)}, "'timestamp' is missing in row 0"),
        ({"input_tokens": [-1]}, "'input_tokens' must be >= 0, got -1"),
        ({"cost_usd": [-0.5]}, "'cost_usd' must be >= 0"),
        ({"input_tokens": ["many"]}, "'input_tokens' cannot be read as Int64"),
    ],
)
def test_check_traffic_refuses(change, message):
    stamps = pd.to_datetime(["2026-01-05T11:00Z"])
    raw = {"timestamp": stamps, "input_tokens": [1], "output_tokens": [3], **change}
    with pytest.raises(InputError, match=message):
        check_traffic(pd.DataFrame(raw))


def test_check_traffic_names_the_absent_column():
    with pytest.raises(InputError, match="needs the column 'timestamp'"):
        check_traffic(pd.DataFrame({"input_tokens": [1]}))


# --- LiteLLM ----------------------------------------------------------------------------------


def read_slp(log, **changes):
    return read_log(log(json.dumps(slp(**changes)))).frame.iloc[0]


def test_latency_comes_from_the_stamps(log):
    row = read_slp(log, response_time=0.5)
    assert (row.latency_s, row.ttft_s) == (2.0, 0.5)


def test_no_first_token_time_where_the_first_is_the_last(log):
    assert np.isnan(read_slp(log, completionStartTime=1767607202.0).ttft_s)


def test_retries_and_fallbacks_and_cache_hits_are_censored(log):
    for name in ("x-litellm-attempted-retries", "x-litellm-attempted-fallbacks"):
        assert read_slp(log, hidden_params={"additional_headers": {name: "1"}}).censored
    assert read_slp(log, cache_hit=True).censored
    assert not read_slp(log).censored


def test_cached_and_reasoning_tokens_are_found_in_the_usage(log):
    usage = {
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    row = read_slp(log, response={"usage": usage})
    assert (row.cached_input_tokens, row.reasoning_tokens) == (8, 3)


def test_the_prompt_joins_text_parts_and_skips_redacted_ones(log):
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]
    talk = [{"role": "user", "content": parts}, {"role": "assistant", "content": "no"}]
    assert read_slp(log, messages=talk).prompt == "a\nb"
    assert read_slp(log, messages="plain text").prompt == "plain text"
    for nothing in (
        "",
        [{"role": "user", "content": "redacted-by-litellm"}],
        {},
        5,
        [{"role": "user"}],
    ):
        assert pd.isna(read_slp(log, messages=nothing).prompt)


def test_user_and_tier_are_found(log):
    row = read_slp(
        log, end_user="", metadata={"user_api_key_user_id": "u7"}, request_tags=["tier:pro"]
    )
    assert (row.user, row.tier) == ("u7", "pro")
    row = read_slp(
        log, metadata={"requester_metadata": {"tier": "free"}}, request_tags=["tier:pro"]
    )
    assert row.tier == "free"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"error_code": "503", "error_class": "X"}, 503),
        ({"error_code": "", "normalized_error": "429_BUDGET_EXCEEDED"}, 429),
        ({"error_class": "Timeout"}, 408),
        ({"error_class": "SomethingNew"}, 500),
        (None, 500),
    ],
)
def test_statuses_of_failures(log, error, status):
    row = read_slp(log, status="failure", error_information=error, prompt_tokens=0)
    assert row.status == status
    assert pd.isna(row.input_tokens)


def test_failures_alone_merge_into_the_last_one(log):
    rows = [
        slp(status="failure", startTime=1767607200.0 + i, error_information={"error_code": code})
        for i, code in enumerate(("429", "503"))
    ]
    read = read_log(log(json.dumps(rows)))
    assert len(read.frame) == 1
    assert read.frame.status[0] == 503
    assert read.frame.timestamp[0] == pd.Timestamp("2026-01-05T10:00:00Z")
    assert read.frame.censored[0]


def test_calls_that_generate_no_text_are_rejected(log):
    read = read_log(log(json.dumps([slp(), slp(litellm_call_id="e", call_type="aembedding")])))
    assert [r.reason for r in read.report.rejects] == [
        "call_type 'aembedding' is not text generation"
    ]


def test_spendlogs_csv_with_json_in_strings(log, tmp_path):
    row = {
        "request_id": "chatcmpl-1",
        "call_type": "acompletion",
        "startTime": "2026-01-05 10:00:00+00:00",
        "endTime": "2026-01-05 10:00:01+00:00",
        "completionStartTime": "2026-01-05 10:00:01+00:00",
        "model": "m",
        "spend": 0.5,
        "prompt_tokens": 12,
        "completion_tokens": 5,
        "total_tokens": 17,
        "custom_llm_provider": "openai",
        "end_user": "",
        "user": "u",
        "cache_hit": "None",
        "metadata": json.dumps(json.dumps({"attempted_fallbacks": 1, "litellm_call_id": "c1"})),
        "request_tags": '["tier:gold"]',
        "messages": "{}",
        "proxy_server_request": json.dumps(
            {"messages": [{"role": "user", "content": "line\nbreak"}]}
        ),
        "session_id": "",
        "status": "success",
    }
    pd.DataFrame([row]).to_csv(tmp_path / "spend.csv", index=False)
    read = read_log(tmp_path / "spend.csv")
    assert read.report.format == "litellm-spendlogs"
    found = read.frame.iloc[0]
    assert (found.request_id, found.tier, found.user) == ("c1", "gold", "u")
    assert found.prompt == "line\nbreak"
    assert found.censored
    assert pd.isna(found.session_id)
    pd.DataFrame([{**row, "call_type": "image_generation"}, row]).to_csv(
        tmp_path / "two.csv", index=False
    )
    assert len(read_log(tmp_path / "two.csv").report.rejects) == 1


def test_burstgpt_rows_without_a_response_are_failures(log):
    text = "Timestamp,Model,Request tokens,Response tokens\n5,GPT-4,10,0\n6,GPT-4,10,3\n"
    read = read_log(log(text))
    assert list(read.frame.status) == [500, 200]
    assert any("0 response tokens" in text for text in read.report.warnings)


# --- any table --------------------------------------------------------------------------------


def test_obvious_synonyms_are_found_and_reported(log):
    text = "created_at,Model Name,prompt_tokens,completion_tokens,latency_ms,cost\n"
    read = read_log(log(text + "1767607200,m,1,2,250,0.1\n"))
    row = read.frame.iloc[0]
    assert (row.model, row.latency_s, row.cost_usd) == ("m", 0.25, 0.1)
    assert row.timestamp == pd.Timestamp("2026-01-05T10:00:00Z")
    assert read.report.warnings[0].startswith("columns guessed from their names: timestamp =")
    assert any("milliseconds" in text for text in read.report.warnings)


def test_nested_usage_is_found(log):
    record = {"time": "2026-01-05T10:00Z", "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    assert read_log(log(json.dumps(record))).frame.input_tokens[0] == 3


def test_a_mapping_may_lead_into_nested_json(log):
    record = {"when": "2026-01-05T10:00Z", "n": {"in": 3, "out": 4}, "status": "error"}
    columns = {"timestamp": "when", "input_tokens": "n.in", "completion_tokens": "n.out"}
    row = read_log(log(json.dumps(record)), columns=columns).frame.iloc[0]
    assert (row.input_tokens, row.output_tokens, row.status) == (3, 4, 500)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"input_tokns": "a"}, r"unknown column 'input_tokns' .*did you mean 'input_tokens'"),
        ({"input_tokens": "inputs"}, "no column 'inputs' \\(mapped to 'input_tokens'\\)"),
        ({"input_tokens": 5}, "must be a name, got 5"),
        ({"input_tokens": "a", "prompt_tokens": "b"}, "names 'input_tokens' twice"),
        ({"model": "b"}, "no column for timestamp, input_tokens, output_tokens"),
    ],
)
def test_wrong_mappings_are_explained(log, columns, message):
    with pytest.raises(InputError, match=message):
        read_log(log("a,b\n1,2\n"), columns=columns)


def test_a_mapping_file_must_hold_a_mapping(log, tmp_path):
    (tmp_path / "m.yaml").write_text("- a\n")
    with pytest.raises(InputError, match="is a YAML mapping"):
        read_log(log(HEAD + ROW), columns=tmp_path / "m.yaml")


def test_columns_belong_to_the_generic_format(log):
    with pytest.raises(InputError, match="belongs to the format 'generic'"):
        read_log(log(HEAD + ROW), format="azure-2023", columns={})


@pytest.mark.parametrize(
    ("number", "seconds", "zone"),
    [
        ("1767607200", 1767607200, "UTC"),
        ("1767607200000", 1767607200, "UTC"),
        ("1767607200000000", 1767607200, "UTC"),
        ("1767607200000000000", 1767607200, "UTC"),
        ("90.5", 90.5, "relative"),
    ],
)
def test_numeric_stamps_are_read_by_their_size(log, number, seconds, zone):
    read = read_log(log(HEAD + f"{number},1,1\n"))
    assert read.frame.timestamp[0].timestamp() == seconds
    assert read.report.zone == zone


def test_stamps_with_a_zone_are_converted(log):
    read = read_log(log(HEAD + "2026-01-05T10:00:00+02:00,1,1\n"))
    assert read.frame.timestamp[0] == pd.Timestamp("2026-01-05T08:00:00Z")
    assert read.report.zone == "UTC"


def test_mixing_relative_and_dated_files_is_warned_about(log):
    read = read_log([log(HEAD + "5,1,1\n", "a.csv"), log(HEAD + ROW, "b.csv")])
    assert read.report.zone == "UTC, relative"
    assert any("do not align" in text for text in read.report.warnings)


def test_a_plain_parquet_table_is_read(tmp_path):
    frame = pd.DataFrame(
        {"time": pd.to_datetime(["2026-01-05"]), "input_tokens": [1], "output_tokens": [-2]}
    )
    pd.concat([frame, frame.assign(output_tokens=2)]).to_parquet(tmp_path / "t.parquet")
    read = read_log(tmp_path / "t.parquet")
    assert read.report.zone == "assumed UTC"
    assert read.report.rejects[0].line == 1
    assert json.loads(read.report.rejects[0].raw)["output_tokens"] == -2


# --- what cannot be read ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("yesterday,1,1", "timestamp 'yesterday' is not a time"),
        (",1,1", "timestamp is missing"),
        ("2026-01-05T10:00:00Z,-1,1", "input_tokens '-1' is negative"),
        ("2026-01-05T10:00:00Z,many,1", "input_tokens 'many' is not a whole number"),
        ("2026-01-05T10:00:00Z,1.5,1", "input_tokens '1.5' is not a whole number"),
        ("2026-01-05T10:00:00Z,1,inf", "output_tokens 'inf' is not a whole number"),
        ("2026-01-05T10:00:00Z,1,1e300", "output_tokens '1e300' is too large"),
        ("2026-01-05T10:00:00Z,1", "2 fields where the header has 3"),
        ('2026-01-05T10:00:00Z,"1"x,1', "not valid CSV"),
    ],
)
def test_bad_rows_are_rejected_with_line_reason_and_text(log, tmp_path, row, reason):
    path = log(HEAD + ROW + row + "\n" + ROW)
    read = read_log(path)
    (reject,) = read.report.rejects
    assert (reject.file, reject.line, reject.raw) == (str(path), 3, row)
    assert reason in reject.reason
    assert str(reject).startswith(f"{path}:3: ")
    assert (read.report.rows_read, read.report.rows_accepted, len(read.frame)) == (3, 2, 2)
    read.report.write_rejects(tmp_path / "rejects.txt")
    assert (tmp_path / "rejects.txt").read_text() == row + "\n"


def test_quoted_line_breaks_keep_line_numbers_right(log):
    head = "timestamp,input_tokens,output_tokens,prompt\n"
    text = head + '2026-01-05T10:00:00Z,1,1,"a\n\nb"\n\nbad,1,1,"c\nd"\r\n' + ROW[:-1] + ",last\n"
    read = read_log(log(text))
    assert list(read.frame.prompt) == ["a\n\nb", "last"]
    (reject,) = read.report.rejects
    assert (reject.line, reject.raw) == (6, 'bad,1,1,"c\nd"')
    assert list(read.frame.request_id) == ["log:2", "log:8"]


def test_a_quote_that_never_closes_is_one_reject(log):
    read = read_log(log(HEAD + ROW + '"2026,1,1\n' + ROW))
    (reject,) = read.report.rejects
    assert reject.line == 3
    assert "unexpected end of data" in reject.reason


def test_bytes_that_are_no_text_are_rejected_and_written_back_verbatim(log, tmp_path):
    bad = b"2026-01-05T10:00:00Z,1,\xff\n"
    read = read_log(log((HEAD + ROW).encode() + bad))
    assert read.report.rejects[0].reason == "not UTF-8 text"
    read.report.write_rejects(tmp_path / "r")
    assert (tmp_path / "r").read_bytes() == bad
    line = json.dumps(slp()).encode()
    read = read_log(log(line + b"\n" + line.replace(b"hello", b"\xff") + b"\n", "log.jsonl"))
    assert read.report.rejects[0].reason == "not UTF-8 text"
    read = read_log(
        log(b"[\n" + line + b",\n" + line.replace(b"hello", b"\xff") + b"\n]", "a.json")
    )
    assert [(r.line, r.reason) for r in read.report.rejects] == [(3, "not UTF-8 text")]


def test_broken_json_lines_are_rejected(log):
    lines = [json.dumps(slp()), '{"cut": ', "7", "[" * 100_000, json.dumps(slp(startTime=None))]
    read = read_log(log("\n".join(lines)))
    reasons = {reject.line: reject.reason for reject in read.report.rejects}
    assert "not valid JSON" in reasons[2]
    assert reasons[3] == "a JSON object was expected, got int"
    assert reasons[4] == "not valid JSON: nested too deeply"
    assert reasons[5] == "timestamp is missing"
    assert read.report.rows_read == 5


def test_an_array_that_breaks_off_keeps_what_came_before(log):
    text = json.dumps([slp(), slp(litellm_call_id="b")], indent=1)
    read = read_log(log(text[:-30]))
    assert len(read.frame) == 1
    (reject,) = read.report.rejects
    assert "the rest of the file cannot be read" in reject.reason
    assert reject.line == text[: text.index('"b"')].count("\n") - 1
    read = read_log(log(text[:-1]))
    assert read.report.rejects[0].reason == "the file ends inside a JSON array"


def test_lone_surrogates_become_storable(log, tmp_path):
    line = json.dumps(slp()).replace("hello", "a\\ud800b").replace("gpt-4o-mini", "m\\udfff")
    frame = read_log(log(line)).frame
    assert (frame.prompt[0], frame.model[0]) == ("a\ufffdb", "m\ufffd")
    write_traffic(frame, tmp_path / "t.parquet")


def test_hostile_text_stays_text(log):
    text = "<img src=x onerror=alert(1)> ${jndi:ldap://x} \x00 ../../etc/passwd"
    assert read_slp(log, messages=[{"role": "user", "content": text}]).prompt == text


def test_long_prompts_pass_the_csv_limit(log):
    text = "timestamp,input_tokens,output_tokens,prompt\n" + ROW[:-1] + ',"' + "x" * 200_000 + '"\n'
    assert len(read_log(log(text)).frame.prompt[0]) == 200_000


def test_missing_tokens_on_a_success_are_kept_missing_with_a_warning(log):
    read = read_log(log(HEAD + "2026-01-05T10:00:00Z,,5\n"))
    assert read.frame.input_tokens.isna().all()
    assert any("no token counts, kept as missing" in text for text in read.report.warnings)


def test_more_cached_than_input_tokens_is_rejected(log):
    text = "timestamp,input_tokens,output_tokens,cached_input_tokens\n"
    read = read_log(log(text + "2026-01-05T10:00Z,5,1,9\n2026-01-05T10:00Z,5,1,5\n"))
    assert "is more than input_tokens" in read.report.rejects[0].reason


def test_measures_that_make_no_sense_become_missing_with_a_warning(log):
    read = read_log(log(HEAD[:-1] + ",latency_s\n" + ROW[:-1] + ",-3\n" + ROW[:-1] + ",fast\n"))
    assert read.frame.latency_s.isna().all()
    assert any("2 values of latency_s" in text for text in read.report.warnings)


@pytest.mark.parametrize(("status", "reason"), [("42", "status '42'"), ("maybe", "status 'maybe'")])
def test_unknown_statuses_are_rejected(log, status, reason):
    read = read_log(
        log(HEAD[:-1] + ",status\n" + ROW + ROW[:-1] + f",{status}\n" + ROW[:-1] + ",\n")
    )
    assert reason in read.report.rejects[-1].reason
    assert read.frame.status.eq(200).all()


def test_a_flag_must_be_true_or_false(log):
    text = (
        HEAD[:-1]
        + ",censored\n"
        + "".join(ROW[:-1] + f",{v}\n" for v in ("True", "0", "perhaps", ""))
    )
    read = read_log(log(text))
    assert list(read.frame.censored) == [True, False, False]
    assert "neither true nor false" in read.report.rejects[0].reason


def test_repeated_request_ids_are_warned_about(log):
    row = ROW[:-1] + ",same\n"
    read = read_log(log(HEAD[:-1] + ",request_id\n" + row + row))
    assert "1 rows repeat a request_id of another row" in read.report.warnings


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the log file is empty"),
        (" \n\n ", "the log file is empty"),
        (HEAD, "only a header, no rows"),
        (HEAD + "\n\n", "only a header, no rows"),
        ("[]", "no JSON objects"),
        ("{", "not valid JSON"),
        ("hello world\n", "only a header|no reader recognises"),
        (
            "a,b\n1,2\n",
            "no reader recognises this log; .*columns=.*--columns FILE.*are a, b; .*azure-2023",
        ),
        ("a,a\n1,2\n", "'a' stands twice in the header"),
        (b"MZ\x00\x01binary", "neither text nor Parquet"),
        (b"PAR1rubbish", "broken Parquet"),
        (HEAD + "x,1,1\n", "log.csv:2: timestamp 'x' is not a time.*cannot be read, and there"),
        (HEAD + '"x\n', "log.csv:2: not valid CSV"),
        ('"a\n', "in the header"),
    ],
)
def test_logs_that_cannot_be_read_say_why(log, content, message):
    with pytest.raises(InputError, match=message):
        read_log(log(content))


def test_no_file_and_no_name_are_errors(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_log(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="holds no files"):
        read_log(tmp_path)
    with pytest.raises(InputError, match="no log file was named"):
        read_log([])


def test_an_unknown_or_wrong_format_is_explained(log):
    with pytest.raises(InputError, match="unknown log format 'azur'"):
        read_log(log(HEAD + ROW), format="azur")
    with pytest.raises(InputError, match="not 'mooncake' .*looks like 'generic'"):
        read_log(log(HEAD + ROW), format="mooncake")


def test_doubtful_values_in_litellm_records_do_no_harm(log):
    row = read_slp(log, metadata='{"cut', completionStartTime=1e300, hidden_params=None)
    assert np.isnan(row.ttft_s)
    headers = {"additional_headers": {"x-litellm-attempted-retries": "none"}}
    assert not read_slp(log, hidden_params=headers).censored


def test_an_empty_parquet_is_an_error(tmp_path):
    pd.DataFrame({"timestamp": []}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="has no rows"):
        read_log(tmp_path / "t.parquet")


def test_the_report_is_short_and_says_what_matters(log):
    rows = ROW * 5 + "x,1,1\n" * 5 + ROW[:-2] + "\n"
    text = str(read_log(log(HEAD + rows)).report)
    assert "11 read, 6 accepted, 5 rejected, 0 merged" in text
    assert "and 2 more: write_rejects(path)" in text
    assert "partly     output_tokens 83%" in text
    assert len(text.split("\n")) <= 14


def test_coverage_counts_what_the_log_itself_gave(log):
    coverage = read_log(log(HEAD + ROW)).report.coverage
    assert coverage["input_tokens"] == 1
    assert coverage["status"] == coverage["cached_input_tokens"] == coverage["model"] == 0


def test_doubtful_failure_rows_are_told(tmp_path):
    row = {
        "litellm_call_id": "c", "call_type": "acompletion", "startTime": 1_767_600_000.0,
        "endTime": 1_767_600_001.0, "model": "gpt-4o", "status": "failure", "trace_id": "t",
        "response_cost": 0, "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0,
        "error_information": {"error_code": "500"}, "metadata": {}, "model_group": "a",
        "hidden_params": {"additional_headers": {"x-litellm-attempted-fallbacks": 1}},
    }  # fmt: skip
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(row))
    (warning,) = read_log(path).report.warnings
    assert warning.startswith("1 failure rows come with a fallback")


def test_reading_leaves_the_collector_as_it_was(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"time": "2026-01-05T10:00:00Z", "prompt_tokens": {"a": 1}}\n')
    for on in (True, False):
        (gc.enable if on else gc.disable)()
        with pytest.raises(InputError):
            read_log(path)
        assert gc.isenabled() is on
    gc.enable()


def test_a_dataframe_is_read_like_a_file(tmp_path):
    frame = pd.DataFrame({
        "when": pd.to_datetime(["2026-01-05T10:00Z", "2026-01-05T09:00Z", None]),
        "ContextTokens": [12, 7, 1], "out": [5, 2, 1],
    })  # fmt: skip
    names = {"timestamp": "when", "prompt_tokens": "ContextTokens", "output_tokens": "out"}
    read = read_log(frame, columns=names)
    assert read.frame.input_tokens.tolist() == [7, 12]
    (reject,) = read.report.rejects
    assert (reject.file, reject.line, reject.reason) == ("DataFrame", 3, "timestamp is missing")
    assert '"ContextTokens":1' in reject.raw
    frame.to_parquet(tmp_path / "log.parquet")
    same = read_log(tmp_path / "log.parquet", columns=names)
    pd.testing.assert_frame_equal(
        same.frame.drop(columns="request_id"), read.frame.drop(columns="request_id")
    )
    with pytest.raises(InputError, match="the DataFrame has no rows"):
        read_log(frame.head(0))
