"""YAML: every refusal has a place, no input is a crash or takes long, values keep their place."""

from __future__ import annotations

import time

import pytest

from routelab import InputError
from routelab._yaml import YamlError, parse_yaml, read_yaml

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)
MERGE_BOMB = "m0: &m0 {a: 1}\n" + "".join(
    f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}]}}\n" for i in range(1, 12)
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 300))


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        # 9^6 * 9 values are the first above a million: line 7 holds a6 with 9^7 of them.
        (BOMB, (7, 5), "aliases expand to more than 1,000,000 values"),
        (MERGE_BOMB, (7, 14), "aliases expand to more than"),
        (CHAIN, (100, 6), "nested deeper than 100 levels by aliases"),
        ("a: &a [*a]\n", (1, 4), "an alias stands inside what it names"),
        ("[" * 101 + "]" * 101, (1, 101), "nested deeper than 100 levels"),
        ("- " * 3000 + "x", (1, 201), "nested deeper than 100 levels"),
        ("[" * 100_000, (1, None), "maximum nesting depth|nested deeper"),
        ("a:\n\tb: 1\n", (2, 1), "indent with spaces, not with a tab"),
        ("a: 1\nb: \x07\n", (2, 4), r"the character U\+0007 is not allowed"),
        ("a: 1\n---\nb: 1\n", (2, 1), "expected a single document"),
        ("a: 1\nb: 2\na: 3\n", (3, 1), "the key 'a' stands twice"),
        ("on: 1\nyes: 2\n", (2, 1), "the key 'yes' stands twice"),
        ("a: *x\n", (1, 4), "undefined alias"),
        ("? [a, b]\n: 1\n", (1, 3), "a key must be a single value"),
        ("a: !env X\n", (1, 4), "could not determine a constructor"),
        ("a: !!python/object/apply:os.system [x]\n", (1, 4), "could not determine"),
        ("x: 1\ny: 2024-99-99\n", (2, 4), "the value cannot be read as timestamp"),
        ("a: !!int secret\n", (1, 4), "the value cannot be read as int$"),
        ("a: !!int ''\n", (1, 4), "the value cannot be read as int$"),
        ("a: !!bool secret\n", (1, 4), "the value cannot be read as bool$"),
        ("a: !!timestamp secret\n", (1, 4), "the value cannot be read as timestamp$"),
        ("a: " + "1" * 6000, (1, 4), "the value cannot be read as int$"),
        ("a: {<<: 3}\n", (1, 9), "expected a mapping"),
        ("a: [1\n", (2, 1), "not valid YAML"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_place(text, place, problem):
    begin = time.perf_counter()
    with pytest.raises(YamlError, match=problem) as refused:
        parse_yaml(text)
    assert time.perf_counter() - begin < 60  # aliases spelt out would take hours
    assert refused.value.line == place[0]
    assert place[1] is None or refused.value.column == place[1]
    assert refused.value.repeated == ("stands twice" in problem)


def test_a_place_is_found_by_value_and_by_spelling():
    document = parse_yaml("on: {a: 1}\n4: [y, z]\nx: {b: 1}\n")
    assert document.data == {True: {"a": 1}, 4: ["y", "z"], "x": {"b": 1}}
    for path, place in (
        ((True, "a"), "1:6"),
        (("on", "a"), "1:6"),
        ((4, 1), "2:8"),
        (("4", 1), "2:8"),
        (("x", "none", "deeper"), "3:1"),
        (("none",), "1:1"),
    ):
        assert document.where(path) == f"<yaml>:{place}"


def test_keys_that_a_merge_brings_have_the_place_where_they_are_written():
    document = parse_yaml(
        "base: &b {x: 1, y: {z: 2}}\nmore: &m {w: 1}\nown:\n  <<: [*b, *m]\n  y: 3\n"
    )
    assert document.data["own"] == {"x": 1, "y": 3, "w": 1}
    assert document.place(("own", "x")) == (1, 11)
    assert document.place(("own", "y")) == (5, 3)
    assert document.place(("own", "w")) == (2, 11)


def test_spellings_nested_ninety_deep_take_no_time():
    begin = time.perf_counter()
    parse_yaml("{on: " * 90 + "1" + "}" * 90)
    assert time.perf_counter() - begin < 60  # as above


def test_bytes_that_are_no_text_are_refused_at_their_place(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes("é: 1\nab: ".encode() + b"\xff\n")
    with pytest.raises(InputError, match=r"a.yaml:2:5: not UTF-8 text \(byte 10\)"):
        read_yaml(path)
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_yaml(path).data == {"a": 1}


def test_an_empty_document_holds_nothing():
    assert parse_yaml("").data is None
