"""Files, folders and patterns to a list of files."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable

from routelab._checks import InputError

PathLike = str | os.PathLike[str]


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
