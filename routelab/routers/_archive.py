"""A stored router's archive is looked through before anything in it is built."""

from __future__ import annotations

import io
import re
import zipfile
from typing import IO, Any

from routelab._checks import InputError

MAX_BYTES = 2**31
_ENTRIES = re.compile(r"schema\.json|[0-9]+\.np[yz]")  # what skops writes for a router
_ARRAYS = re.compile(r"[a-z_]+\.npy")  # what an .npz of scipy holds
_PIECE = 1 << 16


def check_archive(
    file: Any, *, left: int = MAX_BYTES, names: re.Pattern[str] = _ENTRIES, inside: str = ""
) -> int:
    """Return how many bytes an archive unpacks to, or say what is wrong with it.

    Sizes are counted while it is unpacked piece by piece: those that the archive states may lie.

    Parameters
    ----------
    file : path or file object
    left : int, default 2**31
        The most that it may unpack to, archives inside it included.
    names : pattern
        What entries may be called; a pickle has no such name.
    inside : str
        Where the archive lies, for the message.

    Raises
    ------
    InputError
        An entry has another name, stands twice, is encrypted, or there is too much.
    """
    size, seen = 0, set()
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            shown = f"{inside}{entry.filename}"
            if not names.fullmatch(entry.filename):
                raise InputError(f"holds {shown!r}, which no router needs: refused")
            if entry.filename in seen:
                raise InputError(f"holds {shown!r} twice: refused")
            if entry.flag_bits & 1:
                raise InputError(f"{shown!r} is encrypted: refused")
            seen.add(entry.filename)
            with archive.open(entry) as stream:
                size += _count(stream, left - size)
            if entry.filename.endswith(".npz"):
                inner = io.BytesIO(archive.read(entry))
                size += check_archive(inner, left=left - size, names=_ARRAYS, inside=f"{shown}/")
    return size


def _count(stream: IO[bytes], left: int) -> int:
    size = 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > left:
            raise InputError(f"unpacks to more than {MAX_BYTES:,} bytes: refused")
    return size
