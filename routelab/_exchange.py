"""Two folders change names in one step, so that a reader never meets a half or a missing one."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from pathlib import Path

_HERE, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of Linux


def exchange(one: Path, other: Path) -> None:
    """Let two folders of one file system change names.

    In one step where the system can (Linux); elsewhere in three, taken back when one fails.
    """
    if _in_one_step(one, other):
        return
    with tempfile.TemporaryDirectory(dir=other.parent, prefix=f".{other.name}.old.") as name:
        aside = Path(name) / "folder"
        os.replace(other, aside)
        try:
            os.replace(one, other)
        except BaseException:
            os.replace(aside, other)
            raise
        os.replace(aside, one)


def _in_one_step(one: Path, other: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    call = getattr(ctypes.CDLL(None), "renameat2", None)
    if call is None:  # an old C library
        return False
    done = call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)
    return bool(done == 0)  # else a file system that cannot
