"""Shared fixtures. `ROUTELAB_DATA` points at the third-party development data.

Which is not part of the project.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# Other tests run beside these: how long an example takes says nothing of the code.
settings.register_profile("routelab", deadline=None)
settings.load_profile("routelab")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder that holds `data/`, `litellm/` and `models/`.

    Tests that need it skip where it is absent.
    """
    data = Path(os.environ.get("ROUTELAB_DATA", ROOT.parent / "shared" / "data"))
    if not data.is_dir():
        pytest.skip(f"optional development data is not at {data}: ROUTELAB_DATA names its folder")
    return data.resolve().parent


@pytest.fixture(scope="session")
def data(shared: Path) -> Path:
    """The third-party data sets."""
    return shared / "data"


def pytest_configure() -> None:
    """Drop numba's cache when any part of the kernel is newer.

    Its index looks at the entry file alone.
    """
    kernel = ROOT / "routelab" / "simulation"
    newest = max(path.stat().st_mtime for path in kernel.glob("*.py"))
    for cached in (kernel / "__pycache__").glob("*.nb?"):
        if cached.stat().st_mtime < newest:
            cached.unlink(missing_ok=True)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int | str, str, str]]:
    """Return a function that runs the command line and gives (exit code, stdout, stderr)."""
    from routelab import cli

    def call(*arguments: object) -> tuple[int | str, str, str]:
        monkeypatch.setattr(sys, "argv", ["routelab", *map(str, arguments)])
        try:
            cli.main()
            code: int | str = 0
        except SystemExit as stop:
            code = stop.code or 0
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
