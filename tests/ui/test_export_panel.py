"""The export panel: what would be written, without writing it."""

from __future__ import annotations

import base64
import re

import pytest
import yaml

from routelab import InputError, export, make_router, ui
from routelab.exporters import TARGETS


def test_the_preview_is_the_file_that_export_writes(plan, tmp_path):
    panel = ui.export(plan)
    export(plan, target="litellm", directory=tmp_path / "out")
    assert panel.preview.value == (tmp_path / "out" / "config.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(panel.preview.value)["model_list"]
    assert panel.config.file == panel.file.value == "config.yaml"


def test_what_is_not_carried_and_what_lint_finds_is_shown(plan):
    panel = ui.export(plan)
    assert any("budget" in item for item in panel.result.not_carried)
    assert "calendar budget" in panel.told.value
    assert f"{len(panel.result.findings)} findings by lint" in panel.status.text


def test_targets_and_files_can_be_chosen(plan):
    panel = ui.export(plan)
    assert list(panel.target.options) == TARGETS.names()
    panel.file.value = "NOT_EXPORTED.md"
    assert panel.preview.value.startswith("# What litellm does not carry")
    panel.target.value = "plan"
    assert panel.config.target == "plan" and panel.result.findings == []


def test_the_download_holds_the_file_shown(plan):
    panel = ui.export(plan)
    found = re.search(r"base64,([\w+/=]+)", panel.download.value)
    assert base64.b64decode(found[1]).decode() == panel.preview.value


def test_a_file_that_is_no_text_shows_its_size(plan):
    router = make_router("centroid").fit(["fix", "poem"], ["strong", "cheap"])
    panel = ui.export(plan.replace(router=router))
    binary = next(name for name in panel.file.options if name.endswith(".zip"))
    panel.file.value = binary
    assert "bytes that are not text" in panel.preview.value


def test_a_target_that_cannot_hold_the_plan_is_refused_with_the_reason(plan):
    router = make_router("centroid").fit(["fix", "poem"], ["strong", "cheap"])
    panel = ui.export(plan.replace(router=router))
    panel.target.value = "semantic-router"
    assert "router.labels" in panel.status.text
    assert panel.target.value == panel.config.target == "litellm"


def test_readers_without_a_kernel_get_the_head_of_the_file(plan):
    data, _ = ui.export(plan)._repr_mimebundle_()
    assert "model_list:" in data["text/plain"] and "not carried:" in data["text/plain"]
    assert "image/png" not in data


def test_an_unknown_target_is_said(plan):
    with pytest.raises(InputError, match="unknown export target 'nginx'"):
        ui.export(plan, target="nginx")
