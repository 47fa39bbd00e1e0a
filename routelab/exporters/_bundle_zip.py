"""A bundle as one file: a zip with a single spelling, so that no byte of it can differ unseen.

The entries are stored, not compressed (the router in it is compressed already): what comes out is
never more than what went in, and the bytes depend on no version of zlib.
"""

from __future__ import annotations

import filecmp
import shutil
import struct
import tempfile
import zipfile
from pathlib import Path

from routelab._checks import InputError
from routelab.exporters._bundle_manifest import MANIFEST, PLAN, ROUTER

FILES = (MANIFEST, PLAN, ROUTER)
_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path, file: Path) -> None:
    """Write the files of a folder to a zip; the same files give the same bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, path.read_bytes())


def unpack(file: Path, folder: Path, *, most: int) -> None:
    """Take the files of a zip that `pack` wrote out into an empty folder.

    Raises
    ------
    InputError
        It is no zip, larger than `most` bytes, holds anything but the files of a bundle, or has
        other bytes than `pack` gives.
    """
    if file.stat().st_size > most:
        raise InputError(f"is larger than {most:,} bytes")
    try:
        with zipfile.ZipFile(file) as archive:
            _check_entries(archive.infolist())
            for entry in archive.infolist():
                with archive.open(entry) as source, (folder / entry.filename).open("wb") as target:
                    shutil.copyfileobj(source, target)
    except InputError:
        raise
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError, struct.error) as error:
        raise InputError(f"is truncated, damaged or no zip archive: {error}") from error
    with tempfile.TemporaryDirectory() as name:
        again = Path(name) / "again.zip"
        pack(folder, again)
        if not filecmp.cmp(file, again, shallow=False):
            raise InputError(
                "is not as routelab packs it: a byte between its files was changed, or another "
                "tool packed it; unpack it and load the folder"
            )


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    for entry in entries:
        shown = repr(entry.filename)
        if entry.filename not in FILES:  # "../x", "/x", "C:x", "a/b", "x.pkl" are none of them
            raise InputError(f"holds {shown}, which is no file of a bundle ({', '.join(FILES)})")
        if names.count(entry.filename) > 1:
            raise InputError(f"holds {shown} twice")
        if entry.flag_bits & 1:
            raise InputError(f"{shown} in it is encrypted")
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise InputError(
                f"{shown} in it is compressed or lies about its size: routelab stores files as "
                "they are; unpack it and load the folder"
            )
