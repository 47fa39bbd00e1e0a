"""convert_log writes what read_log returns, in bounded memory."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from routelab import InputError, convert_log, read_log
from routelab.reading import blocks
from routelab.traffic import _convert

HEADER = "time,request_id,model,prompt_tokens,completion_tokens,status\n"


@pytest.fixture
def small_blocks(monkeypatch):
    """Cut after some kilobytes and sort a thousand rows at once, so that small files have many."""
    monkeypatch.setattr(blocks.read_blocks, "__kwdefaults__",
                        {**blocks.read_blocks.__kwdefaults__, "size": 1 << 14})  # fmt: skip
    monkeypatch.setattr(_convert, "_BUCKET", 1000)


def lines(count: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.integers(0, 86_400, count))
    stamps = pd.to_datetime(seconds, unit="s").strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        f"{stamp},req-{i},gpt-4o,{rng.integers(1, 900)},{rng.integers(1, 90)},200"
        for i, stamp in enumerate(stamps)
    ]


def same(tmp_path, log, **options):
    out = tmp_path / "out.parquet"
    report = convert_log(log, out, **options)
    read = read_log(log, **options)
    pd.testing.assert_frame_equal(read_log(out).frame, read.frame)
    assert report.to_dict() == read.report.to_dict()
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    return report


def test_a_log_in_order(tmp_path, small_blocks):
    log = tmp_path / "log.csv"
    log.write_text(HEADER + "\n".join(lines(5000)))
    assert same(tmp_path, log).items == 5000


def test_a_shuffled_log_is_sorted_stably(tmp_path, small_blocks):
    rows = lines(5000)
    np.random.default_rng(1).shuffle(rows)
    log = tmp_path / "log.csv"
    log.write_text(HEADER + "\n".join(rows))
    report = same(tmp_path, log)
    assert any("clock goes back" in text for text in report.warnings)


def test_attempts_in_different_parts_are_folded(tmp_path, small_blocks):
    rows = [
        {"id": f"a{i}", "call_type": "acompletion", "startTime": 1_767_600_000.0 + i,
         "endTime": 1_767_600_001.0 + i, "model": "gpt-4o", "model_group": "gpt-4o",
         "litellm_call_id": f"c{i % 400}", "status": "failure" if i < 400 else "success",
         "prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7, "trace_id": f"t{i}",
         "response_cost": 0.1, "error_str": "", "hidden_params": {}, "metadata": {}}
        for i in range(800)
    ]  # fmt: skip
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, rows)))
    report = same(tmp_path, log)
    frame = read_log(tmp_path / "out.parquet").frame
    assert report.merged == 400
    assert len(frame) == 400 and frame.censored.all() and (frame.status == 200).all()


def test_rejects_are_written_and_let_go(tmp_path, small_blocks):
    rows = lines(3000)
    rows[100] = rows[100].replace(",200", ",900")
    rows[2500] = "not,a,row"
    log = tmp_path / "log.csv"
    log.write_text(HEADER + "\n".join(rows))
    report = convert_log(log, tmp_path / "out.parquet", rejects=tmp_path / "bad.txt")
    assert (tmp_path / "bad.txt").read_text() == f"{rows[100]}\n{rows[2500]}\n"
    assert [(r.line, r.raw) for r in report.rejects] == [(102, ""), (2502, "")]
    assert report.rows_read == 3000 == report.rows_accepted + 2


def test_repeated_ids_are_counted(tmp_path, small_blocks):
    rows = lines(2000)
    rows[1900] = rows[1900].replace("req-1900", "req-3")
    log = tmp_path / "log.csv"
    log.write_text(HEADER + "\n".join(rows))
    assert "1 rows repeat a request_id of another row" in same(tmp_path, log).warnings


def test_real_traces_convert_to_what_is_read(data, tmp_path):
    for name in (
        "trace_burstgpt", "trace_ragpulse", "trace_mooncake/conversation_trace.dev.jsonl",
        "trace_azure_2023/AzureLLMInferenceTrace_conv.dev.csv",
    ):  # fmt: skip
        same(tmp_path, data / name)


def test_a_failed_conversion_leaves_the_old_file(tmp_path):
    out = tmp_path / "out.parquet"
    out.write_bytes(b"before")
    log = tmp_path / "log.csv"
    log.write_text(HEADER + "x\n")
    with pytest.raises(InputError, match="1 fields where the header has 6"):
        convert_log(log, out, rejects=tmp_path / "bad.txt")
    assert out.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv", "out.parquet"]


def test_progress_reaches_the_size_of_the_files(tmp_path, small_blocks):
    log = tmp_path / "log.csv"
    log.write_text(HEADER + "\n".join(lines(5000)))
    seen = []
    convert_log(log, tmp_path / "out.parquet", progress=lambda *at: seen.append(at))
    assert seen == sorted(seen) and len(seen) > 5
    assert seen[-1] == (log.stat().st_size, log.stat().st_size)
