"""What is printed cannot steer the terminal, and fits into it."""

from __future__ import annotations

import json

import pytest

from routelab import _cli_common, _terminal
from routelab._terminal import fit, printable, printable_json

HOSTILE = "\x1b[2J\x1b]0;owned\x07 \u202egnp.exe\u2066 \x9b31m \x00 \ud800 \r end"
TABLE = (
    "name      price  quality  verdict\n"
    "small         1     0.75  adds value\n"
    "large        10     0.90"
)


def test_whatever_steers_a_terminal_is_written_out():
    told = printable(HOSTILE)
    assert told.isprintable()
    assert told.startswith(
        "\\x1b[2J\\x1b]0;owned\\x07 \\u202egnp.exe\\u2066 \\x9b31m \\x00 \\ud800"
    )
    assert printable("déjà vu\n\t日本 🙂") == "déjà vu\n\t日本 🙂"


def test_json_stays_the_same_value_and_is_printable():
    for text in (HOSTILE, "\U000e0001 tag", "plain"):
        told = printable_json(json.dumps({"prompt": text}, ensure_ascii=False))
        assert told.isprintable()
        assert json.loads(told) == {"prompt": text}


def test_a_line_of_a_megabyte_is_broken_like_any_other():
    assert len(printable("\x1b" + "x" * 1_000_000)) == 1_000_004
    assert max(map(len, fit("word " * 200_000, 60).split("\n"))) <= 60


@pytest.mark.parametrize("width", [20, 24, 60, 200])
def test_no_line_is_longer_than_the_terminal(width):
    sentence = "note: a sentence that is longer than sixty characters is broken at words"
    text = f"{TABLE}\n\n{sentence}\n{'x' * 99}"
    lines = fit(text, width).split("\n")
    assert max(map(len, lines)) <= width
    if width == 200:
        assert "\n".join(lines) == text


def test_a_table_is_laid_out_in_parts_with_its_first_column():
    assert fit(TABLE, 24).split("\n") == [
        "name      price  quality",
        "small         1     0.75",
        "large        10     0.90",
        "",
        "name   verdict",
        "small  adds value",
        "large",
    ]


def test_two_tables_in_a_row_keep_their_own_columns():
    other = (
        "day         requests   spent  what it may cost\n2026-11-12     4,226  $36.24  $15 to $17"
    )
    lines = fit(f"{TABLE}\n{other}", 40).split("\n")
    assert lines == fit(TABLE, 40).split("\n") + fit(other, 40).split("\n")


def test_a_last_column_of_sentences_hangs_below_itself():
    text = "kind       traffic\ncomplete   request_id, timestamp, model, provider"
    assert fit(text, 34).split("\n") == [
        "kind       traffic",
        "complete   request_id, timestamp,",
        "           model, provider",
    ]


def test_text_fits_a_terminal_and_is_whole_in_a_pipe(capsys, monkeypatch):
    _cli_common.say("word " * 30, None, False)
    assert capsys.readouterr().out.count("\n") == 1
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    assert _terminal.terminal_width() == 40
    _cli_common.say("word " * 30, None, False)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 40


def test_remarks_and_errors_are_made_printable_too(run, tmp_path, capsys):
    _cli_common.tell("\x1b[2J")
    assert capsys.readouterr().err == "\\x1b[2J\n"
    code, _, err = run("read", tmp_path / "\x1b[31mred\u202e.csv")
    assert code == 2
    assert "\x1b" not in err and "\u202e" not in err


def test_hostile_logs_and_labels_reach_no_terminal_raw(run, tmp_path):
    evil = "\x1b[2J\u202e$\\frac{<script>"
    log = tmp_path / "log.csv"
    log.write_text(f"timestamp,input_tokens,output_tokens,model\n{evil},1,1,{evil}\n"
                   f"2026-01-05T00:00:00Z,1,1,{evil}\n")  # fmt: skip
    labels = tmp_path / "labels.csv"
    rows = [f"{evil} {word} {i},{kind}\u202e" for kind in "ab" for i in range(9)
            for word in [("code", "poem")[kind == "b"]]]  # fmt: skip
    labels.write_text("prompt,label\n" + "\n".join(rows) + "\n")
    router = tmp_path / "router.zip"
    for arguments in (
        ("read", log),
        ("compare", labels, "--router", "keyword", "--resamples", 50, "--cv", 3),
        ("train", labels, "--router", "centroid", "--out", router),
        ("route", router, f"{evil} poem", "x" * 1_000_000),
        ("fit", log, "--out", tmp_path / "fit.yaml", "--min-requests", 1),
    ):
        for told in ((), ("--json",)):
            force = ("--force",) if told and "--out" in arguments else ()
            code, out, err = run(*arguments, *told, *force)
            for character in "\x1b\u202e\x9b":
                assert character not in out + err, arguments
            if told and code == 0:
                json.loads(out)
