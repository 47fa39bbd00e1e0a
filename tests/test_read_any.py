"""What read gives, the profile as a page and as a panel, and the command."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import routelab as rl
from routelab import InputError, cli
from routelab.datasets import data_dir, load_traffic
from routelab.read_any import KINDS
from routelab.report.profile import write_profile
from routelab.ui import profile

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "time,model,user,prompt_tokens,completion_tokens,status,prompt\n"
        f"2026-01-05T10:00:00Z,{HOSTILE},ann@example.org,12,5,200,mail ann@example.org\n"
        f"2026-01-05T11:30:00Z,gpt-4o,{HOSTILE},7,,429,hello\n"
        "soon,gpt-4o,bob,1,1,200,x\n"
    )
    return path


def run(*arguments, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["routelab", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return stop.value.code, *capsys.readouterr()


def test_bundled_files_of_every_kind():
    folder = data_dir()
    kinds = {name: rl.read(folder / name).kind for name in
             ("traffic.parquet", "prompts.csv", "outages.csv", "catalog.yaml")}  # fmt: skip
    assert list(kinds.values()) == ["traffic", "labels", "outages", "prices"]
    assert set(kinds.values()) <= set(KINDS)
    with pytest.raises(InputError, match="neither outages nor a catalog"):
        rl.read(folder / "plan.yaml")


def test_the_page_escapes_and_shows_no_prompt(log, tmp_path):
    found = rl.read(log)
    page = write_profile(tmp_path / "p.html", found, name=HOSTILE).read_text()
    assert "<script" not in page
    assert "mail ann@example.org" not in page and "soon,gpt-4o" not in page
    assert "3 read, 2 accepted, 1 rejected" in page
    assert "log.csv:4" in page
    assert page.count("data:image/png") == 2 * page.count("<img") >= 8


def test_the_page_of_other_kinds_is_the_report(tmp_path):
    page = write_profile(tmp_path / "p.html", rl.read(data_dir() / "prompts.csv")).read_text()
    assert "Labels" in page and "<img" not in page


def test_the_panel_follows_the_model():
    traffic = load_traffic()
    panel = profile(traffic)
    assert panel.status.text.startswith("25,953 of 25,953 requests.")
    before = panel.sizes.value
    panel.model.value = "gpt-4o-mini"
    assert len(panel.result) == (traffic.model == "gpt-4o-mini").sum()
    assert panel.sizes.value != before
    panel.by.value = "user"
    assert panel.config.by == "user"
    with pytest.raises(InputError, match="no request of the model"):
        panel.update(model="nobody's")
    with pytest.raises(InputError, match="a profile needs traffic"):
        profile(rl.read(data_dir() / "prompts.csv"))


def test_the_panel_of_a_read_tells_its_warnings(log):
    panel = profile(rl.read(log))
    assert "2 of 2 requests." in panel.status.text
    assert "<script" not in panel.facts.value


def test_the_command_cleans_what_it_writes(log, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SALT", "0123456789abcdef")
    out = tmp_path / "out.parquet"
    code, told, _ = run("read", log, "--out", out, "--redact", "--hash-users-salt-env", "SALT",
                        "--profile", tmp_path / "p.html", monkeypatch=monkeypatch,
                        capsys=capsys)  # fmt: skip
    assert code == 0 and "kind       traffic" in told
    frame = pd.read_parquet(out)
    assert frame.prompt.tolist() == ["mail [EMAIL]", "hello"]
    assert frame.user.str.fullmatch("[0-9a-f]{16}").all()
    assert "0123456789abcdef" not in out.read_bytes().decode("latin-1")
    assert "example.org" not in (tmp_path / "p.html").read_text()


@pytest.mark.parametrize(("more", "why"), [
    (["--redact"], "change what --out writes"),
    (["--redact", "--out", "x", "--rejects", "y"], "keeps rows verbatim"),
    (["--out", "x.parquet", "--hash-users-salt-env", "NO_SALT"], "'NO_SALT' is not set"),
])  # fmt: skip
def test_private_options_that_do_not_fit_are_refused(log, monkeypatch, capsys, more, why):
    code, _, told = run("read", log, *more, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 2 and why in told


def test_the_command_reads_every_kind(tmp_path, monkeypatch, capsys):
    out = tmp_path / "labels.csv"
    code, told, _ = run("read", data_dir() / "prompts.csv", "--out", out, "--json",
                        monkeypatch=monkeypatch, capsys=capsys)  # fmt: skip
    assert code == 0 and json.loads(told)["kind"] == "labels"
    assert len(rl.read_labels(out)) == 816
    out = tmp_path / "catalog.yaml"
    book = data_dir() / "catalog.yaml"
    code, told, _ = run("prices", book, "--diff", book, "--out", out, monkeypatch=monkeypatch,
                        capsys=capsys)  # fmt: skip
    assert code == 0 and "nothing changed" in told
    assert len(rl.read_prices(out)) == 45
    code, told, _ = run("fetch", "--list", monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0 and "licence  CC BY 3.0" in told


def test_the_command_that_plans_labels(tmp_path, monkeypatch, capsys):
    path = tmp_path / "pilot.csv"
    rows = "".join(f"p{i},{int(i % 5 > 0)},{int(i % 4 > 0)}\n" for i in range(40))
    path.write_text("prompt,a,b\n" + rows)
    picture = tmp_path / "plan.png"
    code, told, _ = run("plan-labels", path, "--models", "a,b", "--delta", "0.1", "--picture",
                        picture, monkeypatch=monkeypatch, capsys=capsys)  # fmt: skip
    assert code == 0 and "40 are there" in told
    assert picture.read_bytes().startswith(b"\x89PNG")
    code, _, told = run("plan-labels", path, "--models", "a,c", monkeypatch=monkeypatch,
                        capsys=capsys)  # fmt: skip
    assert code == 2 and "no model 'c'" in told


def test_a_log_with_columns_of_its_own_is_no_table_of_outcomes(tmp_path):
    """Its columns of numbers are no models."""
    path = tmp_path / "mine.csv"
    path.write_text(
        "when,who,model_used,in_tok,out_tok,ms,question\n"
        "2026-01-05 10:00,a,gpt-4o,100,20,900,hello there\n"
        "2026-01-05 10:01,b,gpt-4o,120,25,950,how do I sort a list\n"
    )
    found = rl.read(path)
    assert found.kind == "traffic"
    assert found.data["input_tokens"].tolist() == [100, 120]
    assert any("timestamp = when" in warning for warning in found.report.warnings)


def test_a_file_that_nobody_recognises_is_told_both_ways_to_name_columns(run, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("zeit,wer,ein,aus\n2026-01-05 10:00,a,100,20\n")
    with pytest.raises(InputError, match=r"read_log\(columns=.*on the command line --columns"):
        rl.read(path)
    code, _, err = run("read", path, "--format", "generic")
    assert code == 2 and "--columns FILE.yaml with lines such as 'timestamp: when'" in err
