"""The README's Python runs as it stands."""

from __future__ import annotations

import re

import pytest


def blocks(root):
    return re.findall(
        r"```python\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )


def test_there_is_one_example_of_ten_lines(root):
    example = blocks(root)[0]
    assert len([line for line in example.splitlines() if line.strip()]) <= 10


def test_the_example_runs(root, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for example in blocks(root):
        exec(compile(example, "README.md", "exec"), names)  # noqa: S102
    printed = capsys.readouterr().out
    assert "requests from" in printed
    assert "saved" in printed or "savings" in printed or "regret" in printed
    assert (tmp_path / "litellm-config" / "config.yaml").is_file()


@pytest.mark.parametrize("kind", ["router", "reader"])
def test_the_table_of_extension_points_names_real_folders(root, kind):
    text = (root / "README.md").read_text(encoding="utf-8")
    folder = {"router": "routelab/routers/", "reader": "routelab/traffic/readers/"}[kind]
    assert f"`{folder}`" in text
    assert (root / folder).is_dir()


def test_links_to_files_lead_somewhere(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(((?!https?:)[^)#]+)", text)
    assert "docs/pages/limits.md" in links
    assert [link for link in links if not (root / link).exists()] == []
