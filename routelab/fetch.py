"""Public data sets at a fixed commit: size and licence first, resumed, verified, or taken offline.

The facts (repository, commit, path, SHA-256, licence) are in ``fetch_sets.csv``; no data comes with
routelab.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.resources
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from routelab._checks import InputError, did_you_mean, require
from routelab._words import counted

#: Environment variable: a folder that holds the sets already.
DATA_VARIABLE = "ROUTELAB_DATA"
_BASE = "https://raw.githubusercontent.com"
_PIECE = 1 << 16
_TIMEOUT_S = 30


@dataclass(frozen=True)
class RemoteFile:
    """One file of a set: where it is published, and what it must be."""

    set: str
    file: str
    repository: str
    commit: str
    path: str
    sha256: str
    bytes: int
    licence: str

    def url(self, base: str = _BASE) -> str:
        """Return the address of the file at its commit."""
        return f"{base}/{self.repository}/{self.commit}/{quote(self.path)}"


def sets() -> dict[str, list[RemoteFile]]:
    """Return the sets that can be fetched, by name.

    Examples
    --------
    >>> sum(file.bytes for file in sets()["clinc150"])
    2499208
    """
    found: dict[str, list[RemoteFile]] = {}
    for file in _facts():
        found.setdefault(file.set, []).append(file)
    return found


def describe(name: str) -> str:
    """Return what a set is in three lines: files and bytes, source, licence."""
    files = _files(name)
    sources = sorted({f"{f.repository} @ {f.commit[:12]}" for f in files})
    size = sum(file.bytes for file in files) / 1e6
    return "\n".join(
        [
            f"{name}: {counted(len(files), 'file')}, {size:.1f} MB",
            f"source   {', '.join(sources)}",
            f"licence  {'; '.join(sorted({file.licence for file in files}))}",
        ]
    )


def fetch(
    name: str,
    folder: str | os.PathLike[str] = "data",
    *,
    base: str = _BASE,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Bring a public set to `folder`, each file verified by its SHA-256.

    Parameters
    ----------
    name : str
        One of :func:`sets`.
    folder : path, default "data"
        Files lie in it under the set's name. What is there already and right is not fetched again;
        what was fetched in part is resumed.
    base : str
        Address that repositories are served under; a mirror, for example.
    progress : callable, optional
        Called with bytes done and bytes in all.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        No such set, a server that refuses, or a file that is not the published one. Files that
        were verified stay.

    Notes
    -----
    Where the environment variable ``ROUTELAB_DATA`` names a folder that holds a file with the
    right hash, it is copied from there, and the network is not used. Downloads need the extra
    ``fetch`` (pooch).
    """
    files = _files(name)
    total = sum(file.bytes for file in files)
    done = 0
    found = []
    for file in files:
        target = _target(Path(folder), file)
        if not _is_right(target, file):
            _bring(file, target, base, partial(_tell, progress, done, total))
        found.append(target)
        done += file.bytes
        _tell(progress, done, total, 0)
    return found


def _bring(file: RemoteFile, target: Path, base: str, tell: Callable[[int], None]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    local = os.environ.get(DATA_VARIABLE)
    part = target.with_name(f".{target.name}.part")
    if local and _is_right(Path(local) / file.file, file):
        shutil.copyfile(Path(local) / file.file, part)
        os.replace(part, target)
        return
    pooch = require("pooch", "fetch")
    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(
            url=file.url(base),
            known_hash=f"sha256:{file.sha256}",
            fname=target.name,
            path=target.parent,
            downloader=_Resuming(part, file.bytes, tell),
        )
    except InputError:
        raise
    except ValueError as error:  # pooch: the hash does not match
        part.unlink(missing_ok=True)
        raise InputError(f"{file.url(base)}: not the published file: {error}") from None
    part.unlink(missing_ok=True)


class _Resuming:
    """A downloader for pooch that goes on where the last attempt stopped."""

    def __init__(self, part: Path, size: int, tell: Callable[[int], None]):
        self.part = part
        self.size = size
        self.tell = tell

    def __call__(self, url: str, output_file: Any, pooch: Any, check_only: bool = False) -> None:
        requests = require("requests", "fetch")
        have = self.part.stat().st_size if self.part.exists() else 0
        if have >= self.size:
            have = 0
        headers = {"Range": f"bytes={have}-", "Accept-Encoding": "identity"} if have else {
            "Accept-Encoding": "identity"}  # fmt: skip
        try:
            with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S) as answer:
                if answer.status_code not in (200, 206):
                    raise InputError(f"{url}: the server answers {answer.status_code}")
                have = have if answer.status_code == 206 else 0  # 200: the whole file comes
                with self.part.open("ab" if have else "wb") as sink:
                    for piece in answer.iter_content(_PIECE):
                        have += len(piece)
                        if have > self.size:
                            self.part.unlink()
                            raise InputError(f"{url}: longer than the {self.size} bytes published")
                        sink.write(piece)
                        self.tell(have)
        except requests.RequestException as error:
            why = type(error).__name__
            raise InputError(
                f"{url}: the download broke off after {have} of {self.size} bytes ({why}); "
                "call again to go on"
            ) from None
        if have < self.size:
            raise InputError(
                f"{url}: the download broke off after {have} of {self.size} bytes; "
                "call again to go on"
            )
        shutil.copyfile(self.part, output_file)


def _tell(progress: Callable[[int, int], None] | None, done: int, total: int, more: int) -> None:
    if progress is not None:
        progress(done + more, total)


@lru_cache(maxsize=1)
def _facts() -> list[RemoteFile]:
    text = importlib.resources.files("routelab").joinpath("fetch_sets.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return [RemoteFile(**{**row, "bytes": int(row["bytes"])}) for row in rows]  # type: ignore[arg-type]


def _files(name: str) -> list[RemoteFile]:
    known = sets()
    if name not in known:
        raise InputError(
            f"no set {name!r}{did_you_mean(name, known)}; there are {', '.join(known)}"
        )
    return known[name]


def _target(folder: Path, file: RemoteFile) -> Path:
    """Return where a file shall lie; never outside `folder`."""
    target = folder / file.file
    if not target.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"the path {file.file!r} of the set leaves the folder")
    return target


def _is_right(path: Path, file: RemoteFile) -> bool:
    if not path.is_file() or path.stat().st_size != file.bytes:
        return False
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest() == file.sha256
