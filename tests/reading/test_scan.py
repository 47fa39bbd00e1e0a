"""The scanner of lines that are laid out alike: the same values as a parser of JSON, or None."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from routelab.reading import _json
from routelab.reading._scan import read_alike

TEXTS = ["a", "", "gpt-4o", "ü€漢", "x" * 300, "{not: json}", "1", "null", " padded "]
REALS = [0.5, -1.25, 3.0, 123456.789, 0.1, -0.0, 2.83]


def read(data: bytes, **kinds):
    head = _json._first_records(data)
    rows = data.count(b"\n") + (not data.endswith(b"\n"))
    return read_alike(data, head, rows, kinds)


def lines(records, **options) -> bytes:
    return "\n".join(json.dumps(r, ensure_ascii=False, **options) for r in records).encode()


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_values_are_those_of_a_json_parser(separators, end):
    rng = random.Random(0)
    records = [
        {
            "text": rng.choice(TEXTS), "whole": rng.randrange(-(10**17), 10**17),
            "real": float(f"{rng.choice(REALS) * rng.randrange(1, 9):.6f}"),
            "small": rng.randrange(9), "gap": rng.choice([None, "here"]),
            "hole": rng.choice([None, 7]),
        }
        for _ in range(500)
    ]  # fmt: skip
    records[0] |= {"gap": "here", "hole": 7}
    data = lines(records, separators=separators).replace(b"\n", end or b"\n") + end
    table = read(data)
    assert table is not None
    expected = [json.loads(line) for line in data.split(b"\n") if line]
    assert table.to_pylist() == expected


def test_stamps_become_times_where_asked_for():
    data = lines([{"t": f"2026-01-05T10:00:{i:02d}.5Z", "n": i} for i in range(60)])
    assert str(read(data, t="time").schema.field("t").type) == "timestamp[us, tz=UTC]"
    assert str(read(data).schema.field("t").type) == "large_string"


GOOD = [{"a": "x", "n": 1, "r": 1.5}] * 120


@pytest.mark.parametrize("line", [
    b'{"a": "x", "n": 1}', b'{"a": "x", "n": 1, "r": 1.5, "z": 1}',
    b'{"n": 1, "a": "x", "r": 1.5}', b'{"a": "x\\n", "n": 1, "r": 1.5}',
    b'{"a": "x", "n": 1.0, "r": 1.5}', b'{"a": "x", "n": 1, "r": 1e400}',
    b'{"a": "x", "n": 99999999999999999999, "r": 1.5}', b'{"a":  "x", "n": 1, "r": 1.5}',
    b'{"a": "x", "n": 01, "r": 1.5}', b'{"a": "x", "n": true, "r": 1.5}',
    b'{"a": "\xff", "n": 1, "r": 1.5}', b'{"a": "x", "n": 1, "r": 0.12345678901234567}',
    b'{"a": "x", "n": nul, "r": 1.5}', b'{"a": "x', b'{"a": "x", "n": 1, "r": 1.}',
    b'{"a": "x", "n": -, "r": 1.5}', b'{"a": "x", "n": 1, "r": 1.5}}', b"[]", b" ",
    b'{"a": "x", "n": 1, "r": NaN}', b'{"a": ["x"], "n": 1, "r": 1.5}',
])  # fmt: skip
@pytest.mark.parametrize("last", [False, True])
def test_a_line_that_is_not_alike_leaves_it_to_the_parser(line, last):
    rest = b"" if last else b"\n" + lines(GOOD[:2])
    assert read(lines(GOOD) + b"\n" + line + rest) is None


def test_records_of_other_kinds_are_left_to_the_parser():
    for other in ({"a": {"b": 1}}, {"a": True}, {"a": None}, {"a": [1]}, {}):
        assert read(lines([other] * 5)) is None
    assert read(lines([{"a": 1}, {"b": 1}])) is None
    assert read(b'{"a": 1, "a": 2}\n{"a": 1, "a": 2}') is None


def test_exact_numbers():
    rng = random.Random(1)
    values = [round(rng.uniform(-1e6, 1e6), rng.randrange(1, 8)) for _ in range(2000)]
    table = read(lines([{"r": value} for value in values]))
    np.testing.assert_array_equal(table.column("r").to_numpy(), values)


def test_large_blocks_give_the_same_rows_whichever_way(monkeypatch, tmp_path):
    from routelab import read_log

    path = tmp_path / "log.jsonl"
    path.write_bytes(lines([
        {"time": f"2026-01-05T10:{i // 60 % 60:02d}:{i % 60:02d}Z", "model": TEXTS[2 + i % 3],
         "prompt_tokens": i, "completion_tokens": i % 7, "latency": i / 8} for i in range(3000)
    ]))  # fmt: skip
    monkeypatch.setattr(_json, "_LARGE", 0)
    scanned = read_log(path)
    monkeypatch.setattr(_json, "_LARGE", 1 << 60)
    parsed = read_log(path)
    assert scanned.frame.equals(parsed.frame)
    assert scanned.report.to_dict() == parsed.report.to_dict()
