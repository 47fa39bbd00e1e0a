"""A session's file and the plan beside it can be sent to somebody else, or moved."""

from __future__ import annotations

import shutil

import pytest

from routelab import ui
from routelab.ui import BudgetConfig, PlanChoice, Session
from routelab.ui import _files as files
from routelab.ui._share import choice_of


@pytest.fixture
def own(monkeypatch):
    """As in the app, and the folder of this reader."""
    monkeypatch.setenv("ROUTELAB_APP", "1")
    files.own_folder.cache_clear()
    yield files.own_folder()
    files.own_folder.cache_clear()


@pytest.fixture
def saved(plan, tmp_path):
    """A session's file, with a plan beside it that the budget panel has, too."""
    folder = tmp_path / "here"
    folder.mkdir()
    session = Session(folder / "s.yaml")
    choice = choice_of(session, plan)
    session.choose_plan(choice, plan)
    session.keep("budget", BudgetConfig(4.0, plan=choice.path))
    session.save()
    return session


def test_a_session_moves_with_its_plan(saved, plan, tmp_path):
    moved = tmp_path / "there"
    shutil.move(saved.path.parent, moved)
    again = Session.load(moved / "s.yaml")
    assert again.plan.path == str(moved / "s.plan.yaml") and again.read_plan() == plan
    assert again.settings("budget")["plan"] == again.plan.path
    assert str(tmp_path) not in (moved / "s.yaml").read_text()


def test_a_moved_session_is_opened_by_its_name_alone(saved, plan, monkeypatch, traffic, tmp_path):
    moved = tmp_path / "there"
    shutil.move(saved.path.parent, moved)
    monkeypatch.chdir(moved)
    panel = ui.budget(traffic, plan, session=Session("s.yaml"))
    assert "does not exist" not in panel.status.text and panel.config.daily_usd == 4.0


def test_another_kernel_has_the_same_choice(saved):
    assert Session.load(saved.path).plan == saved.plan
    assert not saved.refresh()


def test_a_copy_elsewhere_names_the_plan_where_it_is(saved, plan, tmp_path):
    copy = saved.save(tmp_path / "copy.yaml")
    assert Session.load(copy).read_plan() == plan


def test_absolute_paths_of_earlier_versions_are_read(plan, tmp_path):
    plan.to_yaml(tmp_path / "old.plan.yaml")
    file = tmp_path / "folder" / "s.yaml"
    file.parent.mkdir()
    file.write_text(f"plan: {{name: team, path: {tmp_path / 'old.plan.yaml'}}}\n")
    assert Session.load(file).read_plan() == plan


def test_a_path_that_somebody_named_stays_as_it_is(plan, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    plan.to_yaml("plan.yaml")
    session = Session("s.yaml")
    session.choose_plan(PlanChoice("team", "plan.yaml"))
    session.save()
    assert Session.load("s.yaml").plan.path == "plan.yaml"
    monkeypatch.chdir("/")
    assert Session.load(tmp_path / "s.yaml").read_plan() == plan  # found beside the session


def test_in_the_app_no_other_folder_is_looked_at(own, tmp_path):
    (tmp_path / "s.plan.yaml").write_text("x")
    (own / "mine.plan.yaml").write_text("x")
    outside = [str(tmp_path / "s.plan.yaml"), f"../{tmp_path.name}/s.plan.yaml", "..", ""]
    assert [files.found_plan(text, own) for text in outside] == outside
    assert files.found_plan("mine.plan.yaml", own) == str(own / "mine.plan.yaml")
