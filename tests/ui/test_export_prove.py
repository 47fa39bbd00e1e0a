"""A proof from the panel: progress, cancel, result; on a stand-in for the proxy."""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from routelab import prove, ui
from routelab.exporters import export
from routelab.ui import _export_prove as module

from .conftest import HOSTILE

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "proving"))

from fake_gateway import Gateway  # noqa: E402


@pytest.fixture
def panel(plan):
    long = "one two three four five six seven eight nine ten"
    rules = ({"model": "cheap", "max_input_tokens": 10},)
    return ui.export(plan.replace(rules=rules), probes=[long, "hi"] * 10)


@pytest.fixture
def gateway(monkeypatch):
    """A proxy that decides like the plan: by length."""
    fake = Gateway(lambda body: "cheap" if len(body["messages"][-1]["content"]) < 9 else "strong")
    monkeypatch.setattr(importlib.import_module("routelab.proving.prove"), "booted", fake.booted)
    return fake


def lines(proof):
    """Return what a proof says, without what is measured and where the files are."""
    told = [line for line in str(proof).splitlines() if not line.startswith("routing")]
    return [told[0].partition(":")[0], *told[1:]]


def test_the_proof_is_the_librarys(panel, gateway, tmp_path):
    panel.prover.prompts.value = 6
    panel.prover.start.click()
    panel.prover.wait(60)
    proof = panel.prover.proof
    export(panel.plan, directory=tmp_path / "x")
    prompts = module.prompts_of(panel.plan, panel.probes, 6)
    expected = prove(tmp_path / "x", prompts, failures=False, latency_requests=5)
    assert proof.probes == 6 and proof.identical
    assert lines(proof) == lines(expected)
    assert "does what the plan decides: 6 of 6 prompts" in panel.prover.status.text
    assert "identical: this export" in panel.prover.told.value
    assert "one two three" not in panel.prover.told.value + panel.prover.status.text
    assert panel.prover.bar.value == panel.prover.bar.max
    assert not panel.prover.start.disabled and panel.prover.stop.disabled


def test_a_proxy_that_decides_otherwise_is_shown(panel, gateway):
    gateway.choose = lambda body: "cheap"
    panel.prove()
    panel.prover.wait(60)
    assert not panel.prover.proof.identical
    assert "differs from the plan: 4 of 8" in panel.prover.status.text
    assert "DIFFERS" in panel.prover.told.value


def test_the_result_says_when_it_is_of_an_export_before(panel, gateway):
    panel.prove()
    panel.prover.wait(60)
    assert "Proof of this export" in panel.prover.told.value
    area = panel.editor.area
    area.value = area.value.replace("num_retries: 0", "num_retries: 3")
    panel.wait(30)
    assert "Proof of an export before this one" in panel.prover.told.value
    assert "identical: an export before this one" in panel.prover.told.value
    panel.editor.revert.click()
    area.value = area.value.replace("num_retries: 3", "num_retries: 0")
    panel.wait(30)
    assert "Proof of this export" in panel.prover.told.value


def test_a_plan_that_is_edited_while_it_is_proved_makes_the_result_one_of_before(
    panel, gateway, monkeypatch
):
    entered, edited = threading.Event(), threading.Event()
    run_proof = module.run_proof

    def slow(*given, **options):
        entered.set()
        assert edited.wait(30)
        return run_proof(*given, **options)

    monkeypatch.setattr(module, "run_proof", slow)
    panel.prove()
    assert entered.wait(30)
    area = panel.editor.area
    area.value = area.value.replace("num_retries: 0", "num_retries: 3")
    panel.wait(30)
    edited.set()
    panel.prover.wait(60)
    assert "Proof of an export before this one" in panel.prover.told.value
    assert "identical: an export before this one" in panel.prover.told.value
    assert "of this export" not in panel.prover.told.value


def test_cancel_stops_the_proxy_and_says_so(panel, gateway, monkeypatch):
    booted, entered, stopped = gateway.booted, threading.Event(), []

    @contextmanager
    def slow(folder, *, python=None, waiting):
        with booted(folder) as proxy:
            try:
                entered.set()
                while True:  # it never serves
                    waiting()
                    time.sleep(0.01)
                yield proxy
            finally:
                stopped.append(folder)

    monkeypatch.setattr(importlib.import_module("routelab.proving.prove"), "booted", slow)
    panel.prover.start.click()
    assert entered.wait(30) and panel.prover.start.disabled and not panel.prover.stop.disabled
    with pytest.raises(module.InputError, match="a proof is running"):
        panel.prove()
    panel.prover.stop.click()
    panel.prover.wait(30)
    assert "the proxy has been stopped" in panel.prover.status.text
    assert len(stopped) == 1 and not stopped[0].exists()
    assert panel.prover.proof is None and not panel.prover.start.disabled


def test_a_second_press_while_the_first_starts_does_nothing(panel, monkeypatch):
    entered, ended, runs, prover = threading.Event(), threading.Event(), [], panel.prover

    def slow(*given, **options):
        runs.append(given)
        entered.set()
        assert ended.wait(30)
        raise module.InputError("enough")

    monkeypatch.setattr(module, "run_proof", slow)
    prover.start.click()
    assert entered.wait(30)
    before = prover.status.text
    prover.start.click()
    assert prover.status.text == before and "reading LiteLLM" in before
    ended.set()
    prover.wait(30)
    assert len(runs) == 1


def test_what_is_waited_for_is_said_at_once_with_seconds(panel, gateway, monkeypatch):
    seen, prover = [], panel.prover

    def slow(*given, tell, **options):
        seen.append(
            (prover.status.text, prover.clock.value, "rl-waiting" in prover.bar._dom_classes)
        )
        tell("boot", 0, 1)
        seen.append(prover.status.text)
        tell("probes", 1, 8)
        seen.append(
            (prover.status.text, prover.clock.value, "rl-waiting" in prover.bar._dom_classes)
        )
        raise module.InputError("enough")

    monkeypatch.setattr(module, "run_proof", slow)
    prover.start.click()
    prover.wait(30)
    assert seen == [
        ("reading LiteLLM, and what the plan decides …", "0 s", True),
        "starting LiteLLM's proxy (about 20 s) …",
        ("prompts are sent: 1 of 8", "", False),
    ]
    assert prover.status.text == "enough"


def test_a_proxy_that_boots_is_stopped_by_an_error_of_the_callback(tmp_path):
    from routelab.proving.proxy import booted

    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho $$ > pid\nexec sleep 60\n")
    program.chmod(0o755)
    started = []

    def waiting():
        if (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text().strip():
            started.append(int((tmp_path / "pid").read_text()))
            raise module.Cancelled

    with (
        pytest.raises(module.Cancelled),
        booted(tmp_path, python=str(program), waiting=waiting),
    ):
        raise AssertionError("it never serves")
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_what_is_not_installed_is_said_with_its_extra(panel, monkeypatch):
    monkeypatch.setattr(module, "_NEEDED", ("no_such_package",))
    panel.prover.start.click()
    assert 'pip install "routelab[litellm]"' in panel.prover.status.text
    assert not panel.prover.job.running


def test_another_target_is_not_proved(panel):
    panel.target.value = "plan"
    panel.prover.start.click()
    assert "choose the target 'litellm'" in panel.prover.status.text


def test_errors_of_a_proof_stand_beside_its_button_escaped(panel, monkeypatch):
    def broken(*given, **options):
        raise module.InputError(HOSTILE)

    monkeypatch.setattr(module, "run_proof", broken)
    panel.prover.start.click()
    panel.prover.wait(30)
    assert panel.prover.status.text == HOSTILE and "<img" not in panel.prover.status.value


def test_prompts_come_from_the_labels_of_the_plan(plan):
    from routelab import read_labels
    from routelab.datasets import data_dir

    spec = {"kind": "complexity", "labels": "bundled:prompts.csv", "label": "complexity"}
    prompts = module.prompts_of(plan.replace(router=spec), None, 5)
    known = read_labels(data_dir() / "prompts.csv", label="complexity")["prompt"].tolist()
    assert len(prompts) == 5 and set(prompts) <= set(known)
    assert module.prompts_of(plan, ["a", "b"], 1) == ["a"]
