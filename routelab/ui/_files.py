"""The files that a reader of a panel names: anywhere in a notebook, in the app only their own."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from routelab._checks import InputError

#: Set by ``routelab app``: whoever reaches its address is not whoever started it.
APP = "ROUTELAB_APP"


def in_app() -> bool:
    """Return whether panels are shown to readers who may not see this machine's files."""
    return bool(os.environ.get(APP))


def named_file(text: str) -> Path:
    """Return the file that a reader named; in the app a plain name in a folder of the reader's own.

    Raises
    ------
    InputError
        In the app, for a name with a folder in it.

    Examples
    --------
    >>> named_file("settings/mine.yaml").as_posix()
    'settings/mine.yaml'
    """
    if not in_app() or (Path(text).parent == own_folder() and Path(text).name != ".."):
        return Path(text)
    if Path(text).name != text or text in ("", ".", ".."):
        raise InputError(
            f"{text!r} is no plain name: in the app files have names without folders, such as "
            "settings.yaml; bring files of your own by upload"
        )
    return own_folder() / text


def shown_name(path: Path) -> str:
    """Return a file's name as a reader would write it: without the folder that is at hand.

    Examples
    --------
    >>> shown_name(Path.cwd() / "a.yaml"), shown_name(Path("/elsewhere/a.yaml"))
    ('a.yaml', '/elsewhere/a.yaml')
    """
    at_hand = own_folder() if in_app() else Path.cwd()
    return path.name if path.parent == at_hand else str(path)


@functools.cache
def own_folder() -> Path:
    """Return a folder of this kernel alone, which goes when the kernel ends."""
    folder = Path(tempfile.mkdtemp(prefix="routelab-app-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
