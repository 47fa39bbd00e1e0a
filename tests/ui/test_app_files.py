"""Readers of the app have files of their own, and see none of the machine's."""

from __future__ import annotations

import base64
import os
import re

import pytest

from routelab import InputError, ui
from routelab.datasets import data_dir
from routelab.labelling import LabelSession
from routelab.ui import _files
from routelab.ui._files import in_app, named_file
from routelab.ui._share import shared


@pytest.fixture
def own(monkeypatch):
    """As in the app, and the folder of this reader."""
    monkeypatch.setenv("ROUTELAB_APP", "1")
    _files.own_folder.cache_clear()
    yield _files.own_folder()
    _files.own_folder.cache_clear()


def test_in_a_notebook_a_file_may_be_anywhere(tmp_path):
    assert not in_app()
    assert named_file(str(tmp_path / "a.yaml")) == tmp_path / "a.yaml"


@pytest.mark.parametrize("name", ["/etc/passwd", "../a", "a/b", "", ".", "..", "~/.ssh/id", "a/"])
def test_in_the_app_a_name_leads_nowhere_else(own, name):
    with pytest.raises(InputError, match="is no plain name: in the app"):
        named_file(name)
    assert named_file("a.yaml") == own / "a.yaml"


def test_settings_are_saved_for_this_reader_and_offered_as_a_download(own, plan):
    panel = ui.export(plan)
    panel.update(target="plan")
    panel.tools.file.value = "mine.yaml"
    panel.tools.buttons["save"].click()
    link = panel.tools.exchange.link.value
    content = base64.b64decode(re.search('base64,([^"]+)', link)[1])
    assert content == (own / "mine.yaml").read_bytes() and 'download="mine.yaml"' in link
    panel.tools.file.value = "/tmp/stolen.yaml"
    panel.tools.buttons["save"].click()
    assert "is no plain name" in panel.status.text
    other = ui.export(plan)
    other.bring_settings("theirs.yaml", content)
    assert other.config.target == "plan"
    with pytest.raises(InputError, match="at most"):
        other.bring_settings("large.yaml", b"x" * (2 << 20))


def test_labels_are_written_for_this_reader_and_offered_as_a_download(own, tmp_path):
    panel = ui.label(LabelSession(["a", "b"], ["easy", "hard"], tmp_path / "labels.jsonl"))
    assert panel.file.value == "labels.csv"
    panel.act({"do": "label", "number": 0})
    panel.write_csv("labels.csv")
    assert 'download="labels.csv"' in panel.link.value and (own / "labels.csv").is_file()
    with pytest.raises(InputError, match="is no plain name"):
        panel.write_csv(str(tmp_path / "labels.csv"))


def test_a_session_that_a_notebook_names_is_each_readers_own(own, plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = ui.Session("routelab-session.yaml")
    assert session.path == own / "routelab-session.yaml"
    panel = ui.export(plan, session=session)
    panel.update(target="plan")
    session.save()
    assert not list(tmp_path.iterdir()) and (own / "routelab-session.yaml").is_file()


def test_settings_that_name_a_plan_of_the_machine_are_refused(own, plan, tmp_path):
    secret = tmp_path / "secret.yaml"
    secret.write_text("password: hunter2")
    text = f"version: 1\nplan: {{name: x, path: {secret}, digest: y}}\npanels: {{export: {{}}}}"
    session = ui.Session("routelab-session.yaml")
    panel = ui.export(plan, session=session)
    panel.tools.exchange._load("routelab-session.yaml", text.encode())
    assert "hunter2" not in panel.status.text and session.plan is None


def test_a_plan_or_labels_that_a_reader_brings_are_not_read(own, plan, traffic, tmp_path):
    secret = tmp_path / "passwd.csv"
    secret.write_text("root:x:0:0,shell\n")
    session = ui.Session("routelab-session.yaml")
    panel = ui.budget(traffic, plan, session=session)
    text = f"models: {{a: gpt-4o}}\ndefault: a\nrouter: {{kind: keyword, labels: {secret}}}"
    panel.tools.exchange._load("evil.plan.yaml", text.encode())
    assert "there is no 'models' in a session" in panel.status.text
    assert not (own / "evil.plan.yaml").exists()
    text = f"version: 1\nrouter: {{kind: keyword, labels: {secret}}}\npanels: {{budget: {{}}}}"
    panel.tools.exchange._load("routelab-session.yaml", text.encode())
    panel.wait()
    assert session.router is None and "root:x" not in panel.status.text
    theirs = text.replace("{budget: {}}", "{budget: {daily_usd: 3.0}}")
    panel.bring_settings("theirs.yaml", theirs.encode())
    assert panel.config.daily_usd == 3.0 and "no plan and no router" in panel.status.text
    with pytest.raises(InputError, match="is no plain name"):
        named_file(f"{own}/..")


def test_what_is_wrong_in_settings_that_were_brought_has_the_name_that_the_reader_knows(
    own, plan, traffic
):
    panel = ui.budget(traffic, plan)
    for text, told in (
        ("panels:\n  budget:\n    daily_usd: many", "evil.yaml:3:5: daily_usd: "),
        ("panels: [", "evil.yaml:2:1: not valid YAML"),
    ):
        with pytest.raises(InputError) as error:
            panel.bring_settings("evil.yaml", text.encode())
        assert str(error.value).startswith(told)


def test_in_the_app_a_plan_goes_to_the_readers_other_pages(own, traffic):
    one = ui.budget(traffic, data_dir() / "plan.yaml", session=ui.Session("routelab-session.yaml"))
    one.update(daily_usd=9.0)
    one.wait()
    one.share()
    one.session.save()
    assert one.status.text.startswith("The other panels have the plan with these settings now.")
    assert 'download="routelab-session.plan.yaml"' in one.tools.exchange.link.value
    other = ui.export(data_dir() / "plan.yaml", session=ui.Session("routelab-session.yaml"))
    other.wait()
    assert "limit_usd: 9.0" in other.config.plan
    one.update(daily_usd=8.0)
    one.share()
    one.session.save()
    other.tools.buttons["load"].click()  # the page was open already
    other.wait()
    assert "limit_usd: 8.0" in other.config.plan and "holds no settings" not in other.status.text


def test_a_plan_without_a_file_is_said_to_stay_where_it_is(own):
    assert shared(ui.Session("s.yaml"), ui.PlanChoice("team")).endswith(
        "those of other notebooks and pages do not have it."
    )


@pytest.fixture
def folder_of(monkeypatch, tmp_path):
    """Return a function from the cookies of a page's request to its kernel's folder."""
    monkeypatch.setenv("ROUTELAB_APP", "1")
    monkeypatch.setenv("ROUTELAB_APP_READERS", str(tmp_path))

    def call(cookies):
        _files.reader.cache_clear()
        _files.own_folder.cache_clear()
        monkeypatch.setenv("HTTP_COOKIE", cookies)
        return _files.own_folder()

    yield call
    _files.reader.cache_clear()
    _files.own_folder.cache_clear()


def test_the_pages_of_a_reader_have_one_folder_and_no_other_reader_has_it(folder_of, tmp_path):
    mine = folder_of("_xsrf=2|a; other={1: 2}; routelab-reader=abc")
    assert folder_of("routelab-reader=abc") == mine != folder_of("routelab-reader=abd")
    assert mine.parent == tmp_path and mine.stat().st_mode & 0o777 == 0o700
    assert "HTTP_COOKIE" not in os.environ
    assert folder_of("") != folder_of("")  # who has no cookie yet is somebody new


@pytest.mark.parametrize("name", ["../../etc", "/etc/passwd", "..", '"a b"', "%2e%2e", "x" * 5000])
def test_a_cookie_leads_nowhere_else(folder_of, tmp_path, name):
    folder = folder_of(f"routelab-reader={name}")
    assert folder.parent == tmp_path and folder.is_dir() and folder.name.isalnum()
    assert folder_of("routelab-reader") != folder_of("routelab-reader=; {")


def test_the_page_gets_the_cookie_of_its_reader(folder_of, plan):
    folder_of("routelab-reader=abc")
    assert ui.export(plan).tools.copy.reader == "abc"
    folder_of("")
    assert len(ui.export(plan).tools.copy.reader) == 32


def test_a_notebook_sets_no_cookie(plan):
    assert ui.export(plan).tools.copy.reader == ""
