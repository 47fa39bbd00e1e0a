"""One state for all panels: in one kernel, in two that share a file, and in a file by itself."""

from __future__ import annotations

import gc
import threading
import time

import pytest

from routelab import InputError, ui
from routelab.ui import BudgetConfig, PlanChoice, RouterChoice, Session
from routelab.ui import _session as module


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Write a twentieth of a second after the last change."""
    monkeypatch.setattr(module, "QUIET_S", 0.05)


def wait_for(happened) -> None:
    for _ in range(200):
        if happened():
            return
        time.sleep(0.02)
    raise AssertionError("nothing happened for 4 s")


def test_choices_are_told_to_observers_once():
    session, seen = Session(), []
    session.observe(seen.append)
    session.choose_router(RouterChoice("knn"))
    session.choose_router(RouterChoice("knn"))
    session.choose_plan(PlanChoice("team", "plan.yaml"))
    session.keep("budget", BudgetConfig(4.0))
    assert seen == ["router", "plan", "budget"]
    session.unobserve(seen.append)
    session.choose_router(None)
    assert len(seen) == 3 and session.router is None


def test_an_observer_that_is_gone_is_told_nothing():
    class Watcher:
        seen = 0

        def told(self, section):
            Watcher.seen += 1

    session, watcher = Session(), Watcher()
    session.observe(watcher.told)
    session.choose_plan(PlanChoice("a"))
    del watcher
    gc.collect()
    session.choose_plan(PlanChoice("b"))
    assert Watcher.seen == 1


def test_the_file_is_written_when_changes_have_ended(tmp_path):
    path = tmp_path / "s.yaml"
    session = Session(path)
    for usd in (1.0, 2.0, 3.0):  # a drag
        session.keep("budget", BudgetConfig(usd))
        assert not path.exists()
    wait_for(path.exists)
    assert Session.load(path).settings("budget")["daily_usd"] == 3.0
    assert list(tmp_path.iterdir()) == [path]


def test_everything_comes_back_from_the_file(tmp_path):
    session = Session(tmp_path / "s.yaml")
    choice = RouterChoice("knn", "tfidf", {"k": 3}, 0.25, "labels.csv", "route")
    session.choose_router(choice)
    session.choose_plan(PlanChoice("team", "plan.yaml"))
    session.keep("budget", BudgetConfig(4.0, False))
    session.save()
    again = Session.load(tmp_path / "s.yaml")
    assert (again.router, again.plan) == (choice, PlanChoice("team", "plan.yaml"))
    assert BudgetConfig(**again.settings("budget")) == BudgetConfig(4.0, False)


def test_two_kernels_keep_each_others_changes(tmp_path):
    one, two = Session(tmp_path / "s.yaml"), Session(tmp_path / "s.yaml")
    one.choose_router(RouterChoice("knn"))
    one.save()
    two.keep("budget", BudgetConfig(4.0))
    seen = []
    two.observe(seen.append)
    two.save()
    assert two.router == RouterChoice("knn") and seen == ["router"]
    assert not two.refresh()
    assert one.refresh() and one.settings("budget")["daily_usd"] == 4.0
    assert one.router == RouterChoice("knn")


def test_sessions_share_nothing_unless_they_name_the_same_file(tmp_path):
    one, two, three = Session(tmp_path / "a.yaml"), Session(tmp_path / "b.yaml"), Session()
    one.choose_router(RouterChoice("knn"))
    one.save()
    assert not two.refresh() and not three.refresh()
    assert two.router is three.router is None


def test_a_file_that_was_removed_takes_nothing_away_and_is_written_again(tmp_path):
    session = Session(tmp_path / "s.yaml")
    session.choose_plan(PlanChoice("a"))
    session.save().unlink()
    assert not session.refresh()
    assert Session.load(session.save()).plan == PlanChoice("a")


def test_a_file_that_became_wrong_is_left_alone_and_the_reason_is_told(tmp_path):
    session, seen = Session(tmp_path / "s.yaml"), []
    session.observe(seen.append)
    (tmp_path / "s.yaml").write_text("panels: {bugdet: {}}\n")
    session.choose_plan(PlanChoice("a"))
    wait_for(lambda: "problem" in seen)
    assert "s.yaml:1:10: there is no panel 'bugdet' (did you mean 'budget'?)" in session.problem
    assert (tmp_path / "s.yaml").read_text() == "panels: {bugdet: {}}\n"


def test_what_waits_is_written_when_the_kernel_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "QUIET_S", 60)
    ending = []
    monkeypatch.setattr(module.atexit, "register", ending.append)
    Session()
    assert not ending  # nothing to write
    session = Session(tmp_path / "s.yaml")
    ending[0]()
    assert not (tmp_path / "s.yaml").exists()
    session.choose_plan(PlanChoice("a"))
    ending[0]()
    assert Session.load(tmp_path / "s.yaml").plan == PlanChoice("a")
    del session
    gc.collect()
    ending[0]()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("routr: {}\n", r"s.yaml:1:1: there is no 'routr' in a session \(did you mean 'router'"),
        ("router:\n  kind: knn\n  k: 3\n", "s.yaml:3:3: there is no setting 'k'"),
        ("router: {encoder: tfidf}\n", "s.yaml:1:1: router needs 'kind'"),
        ("plan: [a]\n", "s.yaml:1:1: settings are a mapping, got list"),
        ("panels:\n  budget:\n    daily_usd: lots\n", "s.yaml:3:5: daily_usd: .* got 'lots'"),
        ("panels: [budget]\n", "s.yaml:1:1: panels maps names to settings, got list"),
        ("panels:\n  explore: {prompt: hi}\n", "s.yaml:2:13: there is no setting 'prompt'"),
        ("version: 9\n", "s.yaml:1:1: version 1 can be read, got 9"),
        ("- a\n", "a session maps version, router, plan, panels to settings"),
        ("router: {kind: knn, params: {api_key: hunter2hunter2}}\n", "s.yaml:1:21: params looks"),
        ("router: !!python/object/apply:os.system [ls]\n", "s.yaml:1:9: not valid YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_column(tmp_path, text, told):
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(InputError, match=told):
        Session(tmp_path / "s.yaml")


def test_an_empty_file_is_an_empty_session_and_a_missing_one_cannot_be_loaded(tmp_path):
    (tmp_path / "s.yaml").write_text("")
    assert Session.load(tmp_path / "s.yaml").router is None
    with pytest.raises(InputError, match="session .*none.yaml' does not exist"):
        Session.load(tmp_path / "none.yaml")


def test_saving_needs_a_place(tmp_path):
    with pytest.raises(InputError, match="has no file"):
        Session().save()
    with pytest.raises(InputError, match="name a file"):
        Session().save("  ")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        Session().save(tmp_path / "file" / "s.yaml")


def test_saving_beside_others_keeps_what_they_saved_and_leaves_other_files_alone(tmp_path):
    one, two = Session(), Session()
    one.keep("budget", BudgetConfig(4.0))
    two.choose_plan(PlanChoice("team"))
    one.save(tmp_path / "s.yaml")
    two.save(tmp_path / "s.yaml")
    both = Session.load(tmp_path / "s.yaml")
    assert both.settings("budget")["daily_usd"] == 4.0 and both.plan == PlanChoice("team")
    (tmp_path / "plan.yaml").write_text("models: {}\n")
    with pytest.raises(InputError, match="plan.yaml:1:1: there is no 'models' in a session"):
        one.save(tmp_path / "plan.yaml")
    assert (tmp_path / "plan.yaml").read_text() == "models: {}\n"


def test_a_panel_is_made_although_the_file_became_wrong(traffic, plan, tmp_path):
    session = Session(tmp_path / "s.yaml")
    (tmp_path / "s.yaml").write_text("x: 1\n")
    panel = ui.budget(traffic, plan, session=session)
    assert "were not used: " in panel.status.text and "s.yaml:1:1" in panel.status.text
    assert panel.result is not None


def test_a_secret_is_no_choice():
    with pytest.raises(InputError, match="looks like a secret"):
        Session().choose_router(RouterChoice("knn", params={"api_key": "hunter2hunter2"}))


def test_the_chosen_router_can_be_made():
    router = RouterChoice("centroid", threshold=0.3, labels="a.csv")
    assert router.make().get_params()["head__threshold"] == 0.3
    assert router.spec()["labels"] == "a.csv"


def test_panels_of_one_session_take_over_settings_and_a_cell_that_runs_again_replaces_its_panel(
    traffic, plan, tmp_path
):
    session = Session(tmp_path / "s.yaml")
    first = ui.budget(traffic, plan, session=session)
    first.daily_usd.value = 2.0
    second = ui.budget(traffic, plan, session=session)
    assert second.config.daily_usd == second.daily_usd.value == 2.0
    second.daily_usd.value = 3.0
    assert first.config.daily_usd == 2.0 and first.session is not session
    session.keep("budget", BudgetConfig(1.0, False))
    assert second.config == BudgetConfig(1.0, False, 0.0, 300) and not second.fallbacks.value
    other = ui.budget(traffic, plan)
    assert other.config.daily_usd == 4.0


def test_settings_that_do_not_fit_are_said_and_left_out(comparison, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("panels:\n  compare: {router: nobody}\n")
    panel = ui.compare(comparison, session=Session(path))
    assert "were not used: the comparison has no router 'nobody'" in panel.status.text
    assert panel.config.router != "nobody" and panel.result


def test_a_problem_with_the_file_shows_in_the_panel(traffic, plan, tmp_path):
    session = Session(tmp_path / "s.yaml")
    panel = ui.budget(traffic, plan, session=session)
    (tmp_path / "s.yaml").write_text("x: 1\n")
    panel.daily_usd.value = 2.0
    wait_for(lambda: "there is no 'x' in a session" in panel.status.text)


def test_many_threads_lose_no_change(tmp_path):
    session = Session(tmp_path / "s.yaml")

    def choose(number):
        session.choose_router(RouterChoice("knn", params={"k": number}))
        session.keep("budget", BudgetConfig(1.0 + number))

    threads = [threading.Thread(target=choose, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.save()
    again = Session.load(tmp_path / "s.yaml")
    assert again.router == session.router
    assert again.settings("budget") == session.settings("budget")


def test_the_plan_at_work_is_the_object_of_this_kernel_or_read_from_its_file(plan, tmp_path):
    session = Session()
    assert session.read_plan() is None
    session.choose_plan(PlanChoice("by name"))
    assert session.read_plan() is None
    session.choose_plan(PlanChoice("mine"), plan)
    assert session.read_plan() is plan
    plan.to_yaml(tmp_path / "plan.yaml")
    session.choose_plan(PlanChoice("team", str(tmp_path / "plan.yaml"), "abc"))
    assert session.read_plan() == plan and session.read_plan() is not plan
    session.choose_plan(None)
    assert session.read_plan() is None
