"""Readers of the app have files of their own, and see none of the machine's."""

from __future__ import annotations

import base64
import re

import pytest

from routelab import InputError, ui
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


def test_in_the_app_a_plan_goes_to_another_page_as_a_download(own, traffic):
    from routelab.datasets import data_dir

    one = ui.budget(traffic, data_dir() / "plan.yaml", session=ui.Session("routelab-session.yaml"))
    one.update(daily_usd=9.0)
    one.wait()
    one.share()
    assert one.status.text.startswith("The panels of this page have the plan with these settings")
    assert "put its text in place of the plan in 04." in one.status.text
    link = one.tools.exchange.link.value
    assert 'download="routelab-session.plan.yaml"' in link
    other = ui.export(data_dir() / "plan.yaml", session=ui.Session())
    other.editor.area.value = base64.b64decode(re.search('base64,([^"]+)', link)[1]).decode()
    other.wait()
    assert "limit_usd: 9.0" in other.config.plan and "This is the plan in use" in (
        other.editor.status.text
    )


def test_in_the_app_a_plan_without_a_file_is_said_to_stay_on_its_page(own):
    told = shared(ui.PlanChoice("team"))
    assert told.endswith("Other pages of the app do not have it.")
