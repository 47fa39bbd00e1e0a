"""Choosing what is compared: routers, encoder and label, then one button."""

from __future__ import annotations

import threading

import pandas as pd
import pytest

from routelab import InputError, compare, read_labels, ui
from routelab.ui._compare_config import Key
from routelab.ui._compare_setup import Setup


@pytest.fixture(scope="module")
def table(labels):
    level = ["low", "high"] * (len(labels) // 2)
    return labels.rename(columns={"label": "route"}).assign(level=level, note="the same")


def panel_of(table, **options):
    return ui.compare(routers=["centroid", "linear"], labels=table, cv=2, n_boot=50, **options)


def pick(panel, routers, encoder, data, table=""):
    panel.choose.pick(Key(tuple(routers), encoder, data, table))
    panel.choose.button.click()
    panel.wait(60)


def test_the_first_comparison_is_of_everything_on_the_first_label(table):
    panel = panel_of(table)
    assert panel.config.routers == ("centroid", "linear")
    assert (panel.config.encoder, panel.config.data) == ("tfidf", "route")
    assert panel.choose.data.options == ("route", "level")  # not a column of one value
    frame = table[["prompt", "route"]].rename(columns={"route": "label"})
    expected = compare(["centroid", "linear"], frame, cv=2, n_boot=50)
    pd.testing.assert_frame_equal(panel.comparison.table, expected.table)


def test_the_button_compares_what_is_ticked_and_picked(table):
    panel = panel_of(table)
    panel.update(router="centroid", truth="code", view="figures")
    pick(panel, ["linear"], "hashing", "level")
    frame = table[["prompt", "level"]].rename(columns={"level": "label"})
    expected = compare(["linear"], frame, cv=2, n_boot=50, encoder="hashing")
    pd.testing.assert_frame_equal(panel.comparison.table, expected.table)
    assert panel.status.text.startswith("linear: ") and not panel.computing
    assert dict(panel.truth._options_full).keys() == {"all classes", "low", "high"}
    assert panel.threshold.description == "Strong from probability"  # two levels are two tiers
    panel.reset()  # what was computed comes back at once
    assert panel.comparison.verdicts.keys() == {"centroid", "linear"}


def test_the_old_result_is_marked_until_the_new_one_is_there(table, monkeypatch):
    panel = panel_of(table)
    entered, go_on = threading.Event(), threading.Event()
    run = Setup.run

    def slow(self, *given):
        entered.set()
        assert go_on.wait(10)
        return run(self, *given)

    monkeypatch.setattr(Setup, "run", slow)
    before = panel.comparison
    panel.choose.pick(Key(("linear",), "tfidf", "route"))
    panel.choose.button.click()
    assert entered.wait(10)
    assert panel.computing and panel.comparison is before
    assert "rl-computing" in panel._dom_classes
    assert not panel.tools.buttons["cancel"].disabled
    panel.threshold.value = 0.3  # a light touch meanwhile is not lost, and fits nothing twice
    go_on.set()
    panel.wait(60)
    assert list(panel.comparison.verdicts) == ["linear"] and panel.config.threshold == 0.3


def test_progress_is_told_and_cancel_goes_back(table, monkeypatch):
    panel = panel_of(table)
    told, reached = [], threading.Event()
    monkeypatch.setattr(
        panel.status, "ok", lambda text, ok=panel.status.ok: (told.append(text), ok(text))
    )
    run = Setup.run

    def stopping(self, key, progress):
        def stop(done, total, name):
            progress(done, total, name)
            if done == 1:
                panel.cancel()
                reached.set()

        return run(self, key, stop)

    monkeypatch.setattr(Setup, "run", stopping)
    before = panel.comparison
    pick(panel, ["centroid"], "hashing", "level")
    assert reached.is_set() and panel.comparison is before and not panel.computing
    assert panel.config.encoder == "tfidf" and panel.config.data == "route"
    assert panel.choose.chosen == Key(("centroid",), "hashing", "level")  # what was asked for
    assert any(text.startswith("comparing: 0 of ") for text in told)
    assert told[-1].startswith("cancelled")


def test_what_is_picked_and_not_compared_is_said(table):
    panel = panel_of(table)
    assert "Not compared yet" not in panel.choose.note.value
    panel.choose.data.value = "level"
    assert "Not compared yet" in panel.choose.note.value
    assert panel.choose.button.button_style == "primary"
    panel.threshold.value = 0.2  # a touch of what is shown leaves what is picked
    assert panel.choose.data.value == "level"
    panel.choose.button.click()
    panel.wait(60)
    assert "Not compared yet" not in panel.choose.note.value
    assert panel.choose.button.button_style == ""
    panel.choose.encoder.value = "hashing"
    panel.reset()
    assert panel.choose.encoder.value == "tfidf" and panel.choose.data.value == "route"


def test_router_and_class_stay_where_the_new_comparison_has_them(table):
    session = ui.Session()
    panel = panel_of(table, session=session)
    panel.update(router="linear", truth="code", answered="art", metric="macro_f1")
    pick(panel, ["centroid", "linear"], "hashing", "route")
    names = panel.config.router, panel.config.truth, panel.config.answered, panel.config.metric
    assert names == ("linear", "code", "art", "macro_f1")
    pick(panel, ["centroid"], "hashing", "level")  # neither that router nor that class
    names = panel.config.router, panel.config.truth, panel.config.answered, panel.config.metric
    assert names == ("", "all classes", "all classes", "macro_f1")
    assert panel.router.value == "" and panel.truth.value == "all classes"
    pick(panel, ["centroid", "linear"], "tfidf", "route")  # known already
    assert panel.config.metric == "macro_f1" and panel.config.data == "route"
    assert session.router == ui.RouterChoice("linear")  # comparing has chosen nothing


def test_nothing_ticked_is_said_beside_the_control(table):
    panel = panel_of(table)
    pick(panel, [], "tfidf", "route")
    assert "choose at least one router" in panel.choose.note.text
    assert 'role="alert"' in panel.choose.note.value
    panel.choose.encoder.value = "hashing"
    assert panel.choose.note.text == "Not compared yet: press Compare."


def test_what_cannot_be_compared_is_said_beside_the_button_and_stays_picked(table, other):
    panel = panel_of(table)
    few = other.with_name("few.csv")
    few.write_text("prompt,label\none,a\ntwo,b\n")
    load(panel, few)
    picked = panel.choose.chosen
    panel.choose.button.click()
    panel.wait(60)
    assert (
        "cannot be fitted" in panel.choose.note.text and 'role="alert"' in panel.choose.note.value
    )
    assert panel.choose.chosen == picked and panel.config == panel._start


def test_what_is_picked_while_a_compare_runs_stays_picked(table, monkeypatch):
    panel = panel_of(table)
    run = Setup.run

    def meanwhile(self, *given):
        panel.choose.encoder.value = "hashing"
        return run(self, *given)

    monkeypatch.setattr(Setup, "run", meanwhile)
    pick(panel, ["linear"], "tfidf", "level")
    assert panel.config.encoder == "tfidf" and list(panel.comparison.verdicts) == ["linear"]
    assert panel.choose.chosen == Key(("linear",), "hashing", "level")
    assert panel.choose.note.text == "Not compared yet: press Compare."


def test_a_threshold_that_means_something_else_starts_afresh(table):
    panel = panel_of(table)
    panel.threshold.value = 0.1
    pick(panel, ["linear"], "tfidf", "level")  # two levels: from which probability it is strong
    assert panel.config.threshold == 0.5
    panel.threshold.value = 0.0
    pick(panel, ["linear"], "hashing", "level")
    assert panel.config.threshold == 0.0
    pick(panel, ["centroid", "linear"], "tfidf", "route")  # known already
    assert panel.config.threshold == 0.0


def test_a_router_that_is_not_there_leaves_the_result_before(table):
    panel = panel_of(table)
    before = panel.comparison
    panel.update(routers=("nobody",))
    panel.wait(60)
    assert "no 'nobody'" in panel.status.text and panel.comparison is before


def test_a_chosen_router_carries_encoder_label_and_file(table):
    session = ui.Session()
    panel = panel_of(table, session=session, files={"labels": "mine.csv"})
    panel.router.value = "linear"
    assert session.router == ui.RouterChoice("linear", "tfidf", labels="mine.csv", label="route")


def test_as_code_makes_it_again(table, tmp_path):
    path = tmp_path / "labels.csv"
    table.to_csv(path, index=False)
    panel = panel_of(table, files={"labels": path})
    pick(panel, ["linear"], "hashing", "level")
    panel.update(threshold=0.6)
    code = panel.as_code()
    assert "panel.wait()" in code
    names: dict = {}
    exec(compile(code.split("Path(")[0], "code", "exec"), names)  # noqa: S102
    assert names["panel"].result == panel.result


def test_settings_of_another_choice_are_computed_at_the_start(table, tmp_path):
    path = tmp_path / "session.yaml"
    first = panel_of(table, session=ui.Session(path))
    pick(first, ["centroid"], "tfidf", "level")
    first.session.save()
    again = panel_of(table, session=ui.Session(path))
    assert again.config.routers == ("centroid",) and again.result == first.result
    assert [box.value for box in again.choose._boxes.values()] == [True, False]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "give a comparison, or routers="),
        ({"routers": [], "labels": pd.DataFrame({"prompt": ["a"], "x": ["b"]})}, "name at least"),
        ({"routers": ["linear"], "labels": pd.DataFrame({"x": ["b"]})}, "column 'prompt'"),
        ({"routers": ["linear"], "labels": pd.DataFrame({"prompt": ["a"]})}, "no column of 2"),
    ],
)
def test_what_is_missing_is_said(given, told):
    with pytest.raises(InputError, match=told):
        ui.compare(**given)


@pytest.fixture
def other(labels, tmp_path):
    """A file with columns that can be labels and one that cannot, and a row without a label."""
    half = labels.head(30).rename(columns={"label": "task"})
    half = half.assign(level=["low", "high"] * 15, id=range(30), language="en")
    half.loc[3, "task"] = None
    path = tmp_path / "other.csv"
    half.to_csv(path, index=False)
    return path


def load(panel, path):
    panel.choose.loader.path.value = str(path)
    panel.choose.loader.button.click()
    panel.choose.loader.job.join()
    return panel.choose.loader.status.text


def send(panel, name, content):
    message = {"do": "part", "name": name, "at": 0, "size": len(content)}
    data = {"method": "custom", "content": message}
    upload = panel.choose.loader.upload
    upload._handle_msg({"content": {"data": data}, "buffers": [memoryview(content)]})
    panel.choose.loader.job.join()
    return panel.choose.loader.status.text


def test_another_table_is_offered_with_its_labels_and_compared_on_asking(table, other):
    panel = panel_of(table, files={"labels": "mine.csv"})
    before = panel.comparison
    told = load(panel, other)
    assert told.startswith("30 prompts; labels: level, task, id. It is picked")
    assert "press Compare" in panel.choose.note.value and panel.comparison is before
    assert [shown for shown, _ in panel.choose.table.options] == ["mine.csv", "other.csv"]
    assert panel.choose.data.options == ("level", "task", "id")
    pick(panel, ["centroid"], "tfidf", "task", str(other))
    expected = compare(["centroid"], read_labels(other, "task"), cv=2, n_boot=50)
    pd.testing.assert_frame_equal(panel.comparison.table, expected.table)
    assert panel.choice("centroid") == ui.RouterChoice("centroid", labels=str(other), label="task")
    panel.choose.table.value = ""  # the labels are those of the table
    assert panel.choose.data.options == ("route", "level")
    panel.reset()
    assert panel.comparison is before and panel.choose.chosen.table == ""


def test_what_the_reader_rejects_and_warns_of_is_said(table, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lines = "prompt,label\ncafé,a\ncafé,b\n,b\nsort,a\n".encode("cp1252")
    told = send(panel_of(table), "mine.csv", lines)
    assert told.startswith("3 prompts; labels: label; 1 rejected, the first: ")
    assert "; mine.csv: not UTF-8 (first: line 2), read as cp1252; 1 prompts repeat another" in told
    assert str(tmp_path) not in told


def test_a_script_and_a_session_name_the_other_table(table, other, tmp_path):
    given = tmp_path / "labels.csv"
    table.to_csv(given, index=False)
    panel = panel_of(table, files={"labels": given}, session=ui.Session(tmp_path / "s.yaml"))
    load(panel, other)
    pick(panel, ["linear"], "hashing", "level", str(other))
    names: dict = {}
    exec(compile(panel.as_code().split("Path(")[0], "code", "exec"), names)  # noqa: S102
    assert names["panel"].result == panel.result
    panel.session.save()
    again = panel_of(table, session=ui.Session(tmp_path / "s.yaml"))
    assert again.result == panel.result and again.choose.chosen == panel.choose.chosen


def test_a_script_has_the_labels_that_the_panel_was_given(table, tmp_path):
    given = tmp_path / "labels.csv"
    table[["note", "level", "prompt", "route"]].to_csv(given, index=False)  # level comes first
    panel = panel_of(table, files={"labels": given})
    names: dict = {}
    exec(compile(panel.as_code().split("Path(")[0], "code", "exec"), names)  # noqa: S102
    assert names["panel"].result == panel.result and names["panel"].config == panel.config


def test_a_table_that_was_read_again_is_compared_again(table, other):
    panel = panel_of(table)
    load(panel, other)
    pick(panel, ["centroid"], "tfidf", "level", str(other))
    assert panel.comparison.n == 30
    pd.read_csv(other).head(20).to_csv(other, index=False)
    load(panel, other)
    assert "press Compare" in panel.choose.note.value
    assert panel.still()
    panel.choose.button.click()
    panel.wait(60)
    assert panel.comparison.n == 20 and "press Compare" not in panel.choose.note.value


def test_an_uploaded_table_is_in_no_file(table, other, tmp_path):
    session = ui.Session(tmp_path / "s.yaml")
    panel = panel_of(table, session=session)
    told = send(panel, "../../etc/mine.csv", other.read_bytes())
    assert told.startswith("30 prompts; labels: level")
    panel.choose.data.value = "task"
    panel.choose.button.click()
    panel.wait(60)
    assert panel.comparison.n == 29 and panel.config.uploaded == "mine.csv"
    assert session.settings("compare") == {} and panel.choice("linear").labels is None
    code = panel.as_code()
    assert "# 'mine.csv' was uploaded: put its path below." in code
    assert "table='mine.csv'" in code and "uploaded=" not in code
    send(panel, "mine.csv", other.read_bytes().replace(b"low", b"lower"))
    panel.choose.data.value = "level"
    panel.choose.button.click()
    panel.wait(60)
    assert "lower" in {*panel.comparison.confusion["linear"].columns}
    panel.save_settings(str(tmp_path / "saved.yaml"))
    assert "holds the settings before mine.csv was compared" in panel.status.text


def test_settings_of_the_first_table_take_the_place_of_an_upload(table, other, tmp_path):
    panel = panel_of(table)
    panel.save_settings(str(tmp_path / "saved.yaml"))
    send(panel, "mine.csv", other.read_bytes())
    panel.choose.data.value = "level"
    panel.choose.button.click()
    panel.wait(60)
    assert panel.config.uploaded == "mine.csv" and panel.comparison.n == 30
    panel.load_settings(str(tmp_path / "saved.yaml"))
    panel.wait(60)
    assert panel.config == panel._start and panel.comparison.n == len(table)
    assert panel.choose.chosen == panel.choose._shown


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"x", "notes.txt ends in none of .csv"),
        ("empty.csv", b"", "empty.csv"),
        (
            "open.csv",
            b'prompt,label\n"never closed,1\n',
            "unexpected end of data (there is not one",
        ),
        ("log.csv", b"time,model\n2026-03-02T10:00:00Z,gpt-4o\n", "no prompt column"),
        ("one.csv", b"prompt,label\na,x\nb,x\n", "1 class in 'label'; 2 to 200"),
        ("<img src=x onerror=alert(1)>.csv", b"prompt\na\n", "<img src=x"),
    ],
)
def test_a_table_that_cannot_be_compared_is_said_beside_the_field(table, name, content, said):
    panel = panel_of(table)
    before, status = panel.choose.chosen, panel.status.text
    told = send(panel, name, content)
    assert said in told and "/tmp" not in told and "<img" not in panel.choose.loader.status.value
    assert 'role="alert"' in panel.choose.loader.status.value
    assert panel.choose.chosen == before and panel.status.text == status


def test_in_the_app_no_table_of_the_machine_is_read(table, other, monkeypatch):
    monkeypatch.setenv("ROUTELAB_APP", "1")
    panel = panel_of(table)
    assert panel.choose.loader.path not in panel.choose.loader.children[0].children
    panel.update(table=str(other), data="task")
    panel.wait(60)
    assert "is no plain name" in panel.status.text and panel.config == panel._start
