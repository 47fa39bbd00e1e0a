"""The wording of input errors, and the few checks that every layer shares."""

from __future__ import annotations

import difflib
import importlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from routelab._exchange import exchange


class RoutelabError(Exception):
    """Base of the errors that routelab raises on purpose."""


class InputError(RoutelabError, ValueError):
    """The input cannot be used: one line that says what, where, and what to do.

    In a notebook this line is all that shows: where in routelab it was noticed helps nobody.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a traceback."""
        return [f"InputError: {self}"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for a near miss, else an empty string."""
    near = difflib.get_close_matches(str(name), [str(k) for k in known], n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def require(module: str, extra: str) -> ModuleType:
    """Import an optional module, or say which extra brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"this needs the package {module.partition('.')[0]!r}, which is not installed: "
            f'pip install "routelab[{extra}]"'
        ) from error


def existing_file(path: str | os.PathLike[str], what: str = "file") -> Path:
    """Return `path` as a Path, or say that there is no such file."""
    found = Path(path)
    if not found.is_file():
        reason = "is a folder" if found.is_dir() else "does not exist"
        raise InputError(f"{what} {str(path)!r} {reason}")
    return found


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; it replaces `path` only when the block succeeds."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def check_free(path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Refuse a folder that holds something; long work asks before it begins."""
    target = Path(path)
    if target.exists() and (target.is_file() or any(target.iterdir())) and not force:
        raise InputError(f"{str(path)!r} exists already; name another folder or pass --force")


@contextmanager
def atomic_folder(path: str | os.PathLike[str], *, force: bool = False) -> Iterator[Path]:
    """Give a temporary folder beside `path` that takes its place only when the block succeeds.

    A folder that exists and is not empty is refused unless `force` is set; it is then replaced
    whole.
    """
    target = Path(path)
    check_free(target, force=force)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield temporary
        temporary.chmod(0o755)
        if target.is_dir():
            exchange(temporary, target)
        else:
            target.unlink(missing_ok=True)
            os.replace(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
