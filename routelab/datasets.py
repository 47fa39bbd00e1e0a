"""Where data lives: the files that ship with routelab, and the reader's own development data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from routelab._checks import InputError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

_PACKAGE = Path(__file__).resolve().parent
_PREFIX = "bundled:"
_TRAFFIC_NAMES = tuple(
    f"traffic{suffix}{packed}"
    for suffix in (".parquet", ".csv", ".jsonl")
    for packed in ("", ".gz", ".zst")
)


def data_dir() -> Path:
    """Return the folder of bundled data: inside the installed package, else of the checkout."""
    return _beside("data")


def notebooks_dir() -> Path:
    """Return the folder of bundled notebooks, found in the same way as the data."""
    return _beside("notebooks")


def external_dir() -> Path | None:
    """Return the folder that the variable ``ROUTELAB_DATA`` names, or None when it is not set.

    Raises
    ------
    InputError
        The variable is set and names no folder.
    """
    named = os.environ.get("ROUTELAB_DATA")
    if not named:
        return None
    folder = Path(named)
    if not folder.is_dir():
        raise InputError(f"ROUTELAB_DATA names {named!r}, which is not a folder")
    return folder


def resolve_bundled(name: str | os.PathLike[str]) -> Path:
    """Return the path of ``"bundled:<file>"``; any other path as it is.

    Raises
    ------
    InputError
        No such bundled file (the message lists the files), or a name that leaves the folder.

    Examples
    --------
    >>> resolve_bundled("labels.csv").name
    'labels.csv'
    """
    text = os.fspath(name)
    if not text.startswith(_PREFIX):
        return Path(text)
    folder = data_dir().resolve()
    inner = text.removeprefix(_PREFIX)
    path = (folder / inner).resolve()
    if not inner or not path.is_relative_to(folder):
        raise InputError(f"{text!r} does not name a file in routelab's data folder")
    if not path.is_file():
        known = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
        raise InputError(
            f"no bundled file {inner!r}{did_you_mean(inner, known)}; there are: "
            f"{', '.join(known) or 'none'}"
        )
    return path


def bundled_name(path: str | os.PathLike[str]) -> str:
    """Return ``"bundled:<file>"`` for a file of the data folder, any other path as it is.

    Examples
    --------
    >>> bundled_name(data_dir() / "plan.yaml"), bundled_name("labels.csv")
    ('bundled:plan.yaml', 'labels.csv')
    """
    text = os.fspath(path)
    found, folder = resolve_bundled(text).absolute(), data_dir().absolute()
    return f"{_PREFIX}{found.relative_to(folder).as_posix()}" if folder in found.parents else text


def load_prompts() -> pd.DataFrame:
    """Return the bundled prompts: columns `prompt`, `route`, `complexity`, `language`, `form`."""
    import pandas as pd

    path = resolve_bundled(f"{_PREFIX}prompts.csv")
    return pd.read_csv(path, dtype="string", keep_default_na=False)


def load_traffic() -> pd.DataFrame:
    """Return the bundled traffic, checked; see :data:`routelab.traffic.COLUMNS`."""
    from routelab.traffic import read_log

    for name in _TRAFFIC_NAMES:
        if (data_dir() / name).is_file():
            return read_log(data_dir() / name).frame
    raise InputError(f"{data_dir()}: no bundled traffic (traffic.parquet, .csv or .jsonl)")


def copy_notebooks(directory: str | os.PathLike[str]) -> Path:
    """Copy the bundled notebooks to a folder of the reader's own; a copy that exists is kept."""
    import shutil

    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(notebooks_dir().glob("*.ipynb")):
        if not (folder / notebook.name).exists():
            shutil.copy(notebook, folder / notebook.name)
    return folder


def _beside(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
