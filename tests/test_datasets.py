"""Where bundled and external data are found."""

from __future__ import annotations

import pandas as pd
import pytest

from routelab import InputError, datasets
from routelab.traffic import COLUMNS, write_traffic


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package folder with data inside, as an installed wheel has it."""
    (tmp_path / "routelab" / "data").mkdir(parents=True)
    monkeypatch.setattr(datasets, "_PACKAGE", tmp_path / "routelab")
    return tmp_path / "routelab"


def test_a_checkout_has_its_folders_beside_the_package(root):
    assert datasets.data_dir() == root / "data"
    assert datasets.notebooks_dir() == root / "notebooks"


def test_an_installed_package_has_them_inside(package):
    assert datasets.data_dir() == package / "data"
    assert datasets.notebooks_dir() == package.parent / "notebooks"


def test_bundled_names_resolve_and_paths_pass(package):
    (package / "data" / "prompts.csv").write_text("prompt,route\na,NA\n")
    assert datasets.resolve_bundled("bundled:prompts.csv") == package / "data" / "prompts.csv"
    assert str(datasets.resolve_bundled("mine/labels.csv")) == "mine/labels.csv"
    assert datasets.load_prompts().route.tolist() == ["NA"]


def test_unknown_bundled_names_list_what_there_is(package):
    with pytest.raises(InputError, match="no bundled file 'prompt.csv'; there are: none"):
        datasets.resolve_bundled("bundled:prompt.csv")
    (package / "data" / "prompts.csv").write_text("")
    with pytest.raises(InputError, match="did you mean 'prompts.csv'"):
        datasets.resolve_bundled("bundled:prompt.csv")


@pytest.mark.parametrize("name", ["bundled:../secret", "bundled:/etc/passwd", "bundled:"])
def test_bundled_names_stay_inside_the_folder(package, name):
    with pytest.raises(InputError, match="does not name a file in routelab's data folder"):
        datasets.resolve_bundled(name)


def test_bundled_traffic_is_read_and_checked(package):
    with pytest.raises(InputError, match="no bundled traffic"):
        datasets.load_traffic()
    stamps = pd.to_datetime(["2026-01-05T10:00Z"])
    raw = pd.DataFrame({"timestamp": stamps, "input_tokens": [1], "output_tokens": [2]})
    write_traffic(raw, package / "data" / "traffic.parquet")
    assert list(datasets.load_traffic().columns) == list(COLUMNS)


def test_external_data_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("ROUTELAB_DATA", raising=False)
    assert datasets.external_dir() is None
    monkeypatch.setenv("ROUTELAB_DATA", str(tmp_path))
    assert datasets.external_dir() == tmp_path
    monkeypatch.setenv("ROUTELAB_DATA", str(tmp_path / "absent"))
    with pytest.raises(InputError, match="ROUTELAB_DATA names .* not a folder"):
        datasets.external_dir()
