"""Files, folders and patterns to a list of files."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable
from typing import TypeVar

from routelab._checks import InputError

PathLike = str | os.PathLike[str]
T = TypeVar("T")


def find_files(
    path: PathLike | Iterable[PathLike], what: str = "log file"
) -> list[tuple[str, bool]]:
    """Return the files that `path` stands for, each with whether it was named itself.

    Parameters
    ----------
    path : path or list of paths
        A file; a folder: all files in it, at any depth, hidden ones left out; a pattern with
        ``*``, ``?``, ``[...]`` or ``**``. Folders and patterns give files in order of their names.

    Raises
    ------
    InputError
        No path, an empty folder, a pattern that nothing matches.

    Examples
    --------
    >>> find_files("log.csv")
    [('log.csv', True)]
    """
    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    if not paths:
        raise InputError(f"no {what} was named")
    found: list[tuple[str, bool]] = []
    for one in paths:
        name = os.fspath(one)
        if os.path.isdir(name):
            inside = _in_folder(name)
            if not inside:
                raise InputError(f"the folder {name!r} holds no files")
            found += [(file, False) for file in inside]
        elif glob.has_magic(name) and not os.path.exists(name):
            matches = sorted(m for m in glob.glob(name, recursive=True) if os.path.isfile(m))
            if not matches:
                raise InputError(f"no file matches {name!r}")
            found += [(file, False) for file in matches]
        else:
            found.append((name, True))
    return found


def _in_folder(folder: str) -> list[str]:
    files = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        files += [os.path.join(here, name) for name in sorted(names) if not name.startswith(".")]
    return files


def read_each(
    path: PathLike | Iterable[PathLike], what: str, read_one: Callable[[str], T]
) -> tuple[list[T], list[str]]:
    """Read every file, and say which were left out.

    A file that was named itself must be readable; one that a folder or a pattern gave may be
    something else, and is left out with a warning.

    Raises
    ------
    InputError
        A named file that cannot be read, or not one that can.
    """
    parts: list[T] = []
    skipped: list[str] = []
    for name, named in find_files(path, what):
        try:
            parts.append(read_one(name))
        except InputError as error:
            if named:
                raise
            skipped.append(f"left out: {error}")
    if not parts:
        raise InputError(skipped[0].removeprefix("left out: "))
    return parts, skipped
