"""The public names, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import routelab

HEAVY = ("litellm", "matplotlib.pyplot", "ipywidgets", "sklearn", "pandas", "numba", "pyarrow")


def test_every_public_name_can_be_imported():
    for name in routelab.__all__:
        assert getattr(routelab, name) is not None
    assert set(routelab.__all__) == set(routelab._HOME)
    assert set(routelab.__all__) <= set(dir(routelab))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        routelab.nope  # noqa: B018


def test_the_import_is_light():
    code = f"import routelab, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_line_starts_without_the_heavy_packages():
    code = f"import routelab.cli, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
