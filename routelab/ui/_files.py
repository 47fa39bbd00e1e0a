"""The files that a reader of a panel names: anywhere in a notebook, in the app only their own."""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from routelab._checks import InputError

#: Set by ``routelab app``: whoever reaches its address is not whoever started it.
APP = "ROUTELAB_APP"

#: Set by ``routelab app``: where each of its readers has a folder.
READERS = "ROUTELAB_APP_READERS"

#: By this cookie the pages of one reader know each other (``tools.js`` sets it).
COOKIE = "routelab-reader"

#: Of the plan that is written beside a session's file.
PLAN_SUFFIX = ".plan.yaml"


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


def kept_plan(path: str, folder: Path) -> str:
    """Return how the session's file in `folder` names a plan: by name alone if it lies beside.

    Only a plan that routelab wrote for a session: the others stay as their reader named them.

    Examples
    --------
    >>> kept_plan("notes/team.plan.yaml", Path("notes")), kept_plan("notes/own.yaml", Path("notes"))
    ('team.plan.yaml', 'notes/own.yaml')
    """
    beside = path.endswith(PLAN_SUFFIX) and Path(path).parent == folder
    return Path(path).name if beside else path


def found_plan(text: str, folder: Path) -> str:
    """Return the path of a plan that the session's file in `folder` names.

    It lies beside the session, wherever that was moved to; else it stays as it is named, from the
    folder at hand. In the app nothing outside of `folder` is even looked for.
    """
    beside = folder / text
    if (in_app() and Path(text).name != text) or not beside.is_file():
        return text
    at_hand = not text.endswith(PLAN_SUFFIX) and named_file(text).is_file()
    return text if at_hand else str(beside)


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
def reader() -> str:
    """Return whose page this kernel serves: who its cookie says, else somebody new.

    "" outside of ``routelab app``.
    """
    if not os.environ.get(READERS):
        return ""
    # Those of other programs are nobody's business here: what this kernel starts has none of them.
    cookies = os.environ.pop("HTTP_COOKIE", "").split(";")
    # One by one: http.cookies would stop at the first that it cannot read.
    pairs = (part.strip().partition("=") for part in cookies)
    return next(
        (value for name, _, value in pairs if name == COOKIE and value), secrets.token_hex(16)
    )


@functools.cache
def own_folder() -> Path:
    """Return the folder of this reader, or one of this kernel alone, which goes when it ends."""
    if reader():
        name = hashlib.sha256(reader().encode()).hexdigest()  # a cookie may hold any text
        folder = Path(os.environ[READERS]) / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
    folder = Path(tempfile.mkdtemp(prefix="routelab-app-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
