"""Broken files through every reader: typed errors with a place, no crash, no lost row."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import routelab as rl
from routelab import InputError
from routelab.labels import LABEL_READERS
from routelab.outages import OUTAGE_READERS
from routelab.outcomes import OUTCOME_READERS
from routelab.prices import PRICE_READERS
from routelab.traffic import READERS

CORPUS = [
    "banking77/test.csv", "clinc150/domains.json", "complexity_bloom/BT1_Dataset.csv",
    "complexity_flask/flask_evaluation.dev.jsonl", "complexity_wizardlm/WizardLM_testset.jsonl",
    "mmlu_pro_style_domains/bench_test_data.json", "arena_hard/v2.0_question.jsonl",
    "routellm/mmlu/mmlu_anatomy.csv", "routerbench/mbpp_train.csv",
    "routerdc_7models/humaneval_test.json", "routerarena/gemini-2.0-flash-001.jsonl",
    "routerarena/decisions/weave-router-robustness.json", "routerarena/cost.json",
    "prices/history/anthropic.json", "prices/litellm_2024-04.json",
    "call_log_openrouter/call_events.csv", "call_log_openrouter/LLM_Descriptions.json",
    "log_formats/claude_code_session.jsonl", "log_formats/codex_session.jsonl",
    "log_formats/langfuse_trace_export/microsoft-agent-2025-10-14.json",
    "log_formats/litellm_spend_log.json", "log_formats/litellm_standard_logging_payload.json",
    "log_formats/otel_vercel_ai_sdk_v6_spans.json", "log_formats/otel_genai_client_span.json",
    "outages_llm/clean/incident/incident_stages.csv",
    "outages_llm/clean/outage/outage_unexploded.csv",
    "outages_llm/raw/incident/anthropic/incident_history_202303_202305.csv",
    "outages_llm/raw/uptime/labs/uptime_history.csv",
    "trace_azure_2023/AzureLLMInferenceTrace_code.dev.csv", "trace_burstgpt/BurstGPT_1.head.csv",
    "trace_mooncake/synthetic_trace.jsonl", "trace_ragpulse/0_trace.dev.jsonl",
    "trace_tracelab/round_trace.jsonl", "trace_tracelab/replay_multi_session_large.csv",
    "trace_servegen/deepseek-r1/chunk-3-trace.csv",
]  # fmt: skip
PIECES = [
    b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\xff", b"\x92", "\u2028".encode(), "\u0085".encode(),
    b'"', b"'", b",", b"\n", b"\r\n", b"\r", b"{", b"}", b"[", b"]", b"null", b"true", b"NaN",
    b"-1", b"1e999", b"9" * 400, b"0.1", b"[" * 5000, b'{"a":' * 3000, b"\\", b"\\ud800", b"PAR1",
    b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"1970-01-01", b"99999-99-99", b";", b"\t", b" ",
]  # fmt: skip


class Corpus(dict[str, bytes]):
    """Names to bytes; its repr is short, for hypothesis prints it."""

    def __repr__(self) -> str:
        return f"<{len(self)} files>"


@pytest.fixture(scope="module")
def corpus(data) -> Corpus:
    """The beginnings of real files, cut after a whole line where lines mean something."""
    found = Corpus()
    for name in CORPUS:
        whole = (data / name).read_bytes()
        cut = whole[:8000]
        by_line = name.endswith((".csv", ".jsonl")) and len(whole) > len(cut)
        found[name] = cut[: cut.rfind(b"\n") + 1] or whole[:60_000] if by_line else whole[:60_000]
    return found


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Change some places: cut, repeat, remove, insert, replace."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.randrange(40))
        how = rng.randrange(5)
        if how == 0:
            data = data[:at]
        elif how == 1:
            data = data[:at] + data[at:end] * 2 + data[end:]
        elif how == 2:
            data = data[:at] + data[end:]
        elif how == 3:
            data = data[:at] + rng.choice(PIECES) + data[at:]
        else:
            data = data[:at] + rng.choice(PIECES) + data[end:]
    return data


def check(found) -> None:
    report = found.report
    assert report.rows_read == report.rows_accepted + len(report.rejects)
    assert all(reject.line >= 1 and reject.reason for reject in report.rejects)
    json.dumps(report.to_dict())


@pytest.mark.parametrize("name", CORPUS)
@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(seed=st.integers(0, 2**32))
def test_mutated_files_are_read_or_refused_with_their_name(corpus, tmp_path, name, seed):
    path = tmp_path / name.rsplit("/", 1)[-1]
    path.write_bytes(mutated(corpus[name], random.Random(seed)))
    try:
        found = rl.read(path)
    except InputError as error:
        assert path.name in str(error)
        return
    check(found)


FORCED = [
    *(("log", name) for name in READERS.names()),
    *(("labels", name) for name in LABEL_READERS.names()),
    *(("outcomes", name) for name in OUTCOME_READERS.names()),
    *(("outages", name) for name in OUTAGE_READERS.names()),
    *(("prices", name) for name in PRICE_READERS.names()),
]


@pytest.mark.parametrize(("kind", "format"), FORCED)
def test_every_reader_refuses_or_reads_every_file(corpus, tmp_path, kind, format):
    read = {"log": rl.read_log, "labels": rl.load_labels, "outcomes": rl.read_outcomes,
            "outages": rl.load_outages, "prices": rl.load_prices}[kind]  # fmt: skip
    rng = random.Random(format)
    files = [
        (name, data) for name, whole in corpus.items() for data in (whole, mutated(whole, rng))
    ]
    for name, data in files:
        path = tmp_path / name.replace("/", "_")
        path.write_bytes(data)
        try:
            result = read(path, format=format)
        except InputError as error:
            assert path.name in str(error), error
            continue
        report = result[1] if isinstance(result, tuple) else result.report
        assert report.rows_read == report.rows_accepted + len(report.rejects), name


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner,
                                                                max_size=2),
    max_leaves=4,
)  # fmt: skip


@settings(
    max_examples=150, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(draw=st.data())
def test_values_of_every_type_in_real_records(corpus, tmp_path, draw):
    """One field of one record becomes something else; no reader may fall over it."""
    jsonl = [name for name in CORPUS if name.endswith(".jsonl")]
    name = draw.draw(st.sampled_from(jsonl))
    records = [json.loads(line) for line in corpus[name].split(b"\n") if line][:4]
    record = draw.draw(st.sampled_from(records))
    key = draw.draw(st.sampled_from(sorted(record)))
    if isinstance(record[key], dict) and record[key] and draw.draw(st.booleans()):
        record, key = record[key], draw.draw(st.sampled_from(sorted(record[key])))
    record[key] = draw.draw(VALUE)
    path = tmp_path / name.rsplit("/", 1)[-1]
    path.write_text("\n".join(map(json.dumps, records)))
    try:
        check(rl.read(path))
    except InputError as error:
        assert path.name in str(error)


@pytest.mark.parametrize("name", [
    "trace_azure_2023/AzureLLMInferenceTrace_code.dev.csv",
    "trace_mooncake/synthetic_trace.jsonl", "trace_ragpulse/0_trace.dev.jsonl",
])  # fmt: skip
def test_accepted_and_rejected_rows_are_the_input_line_by_line(corpus, tmp_path, name):
    """These logs have no ids, so an accepted row's id is its line: nothing may be missing."""
    rng = random.Random(5)
    lines = corpus[name].rstrip(b"\n").split(b"\n")
    first = 1 if name.endswith(".csv") else 0
    for number in rng.sample(range(first + 1, len(lines)), 12):
        broken = mutated(lines[number], rng)
        for mark in (b"\n", b"\r", b'"', b"\0", b"PAR1"):
            broken = broken.replace(mark, b"?")
        lines[number] = broken if broken.strip() else b"?"
    path = tmp_path / name.rsplit("/", 1)[-1]
    path.write_bytes(b"\n".join(lines) + b"\n")
    read = rl.read_log(path)
    accepted = {int(one.rsplit(":", 1)[1]) for one in read.frame.request_id}
    rejected = {reject.line: reject.verbatim.rstrip(b"\n") for reject in read.report.rejects}
    assert accepted | set(rejected) == set(range(first + 1, len(lines) + 1))
    assert not accepted & set(rejected)
    assert len(rejected) >= 4
    for line, raw in rejected.items():
        assert raw == lines[line - 1].rstrip(b"\r"), line
    read.report.write_rejects(tmp_path / "rejects")
    assert (tmp_path / "rejects").read_bytes().split(b"\n")[:-1] == list(rejected.values())


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_line_of_100_megabytes(tmp_path, suffix):
    long = "x" * 100_000_000
    stamp = "2026-01-05T10:00:0"
    if suffix == "csv":
        head = "time,prompt_tokens,completion_tokens,model\n"
        text = f"{head}{stamp}0Z,1,2,m\n{stamp}1Z,1,2,{long}\n{long}\n{stamp}2Z,3,4,m\n"
    else:
        good = '{{"time": "{}", "prompt_tokens": 1, "completion_tokens": 2, "model": "{}"}}\n'
        text = good.format(stamp + "0Z", "m") + good.format(stamp + "1Z", long)
        text += long + "\n" + good.format(stamp + "2Z", "m")
    path = tmp_path / f"log.{suffix}"
    path.write_text(text)
    report = rl.convert_log(path, tmp_path / "out.parquet", rejects=tmp_path / "bad.txt")
    assert (report.rows_read, report.rows_accepted) == (4, 3)
    assert [reject.line for reject in report.rejects] == [4 if suffix == "csv" else 3]
    assert (tmp_path / "bad.txt").stat().st_size == len(long) + 1
