"""Vectors on disk: what was encoded once is not encoded again, by any process."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from routelab._checks import InputError
from routelab.encoders._base import ENCODERS, PromptEncoder, check_prompts, make_encoder

_TABLE = """create table if not exists vectors (
    encoder text not null, prompt blob not null, vector blob not null,
    primary key (encoder, prompt)) without rowid"""
_MOST_ASKED = 500  # prompts per query: below SQLite's limit of parameters


def default_cache() -> Path:
    """Return ``routelab/embeddings.sqlite`` in $XDG_CACHE_HOME, else in ``~/.cache``."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "routelab" / "embeddings.sqlite"


class CachedEncoder(PromptEncoder):
    """An encoder whose vectors are kept in an SQLite file, shared by processes.

    A vector is found by the `identity` of the encoder (class, parameters, size and time of the
    files in its folder) and the SHA-256 of the prompt; prompts themselves are not stored. Each
    batch is one transaction: a process that is killed loses its last batch and harms nothing.

    Parameters
    ----------
    encoder : str or transformer
        One that learns nothing and gives dense rows, such as ``"onnx:<folder>"``.
    path : str, optional
        The file; None takes `default_cache`.
    batch_size : int, default 256
        New prompts that are encoded, and then kept, at a time; an encoder with a method
        `batches(prompts)` cuts them itself.

    Examples
    --------
    >>> import tempfile
    >>> from routelab.encoders import StaticEncoder, StaticTable
    >>> table = StaticEncoder(StaticTable(["sort", "poem"], np.eye(2)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     encoder = CachedEncoder(table, os.path.join(folder, "kept.sqlite"))
    ...     rows = encoder.transform(["sort", "poem", "sort"])
    ...     encoder.info()["entries"], rows.shape
    (2, (3, 2))
    """

    learns = False

    def __init__(self, encoder: Any, path: str | None = None, batch_size: int = 256):
        self.encoder = encoder
        self.path = path
        self.batch_size = batch_size

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return the embeddings (n, d), float32; only prompts that are new are encoded.

        Raises
        ------
        InputError
            The encoder learns, gives sparse rows, NaN or another width than before, or the file is
            no cache.
        """
        prompts = check_prompts(X)
        encoder = make_encoder(self.encoder)
        if getattr(encoder, "learns", True):
            raise InputError(
                f"{type(encoder).__name__} learns from prompts, so its vectors cannot be kept"
            )
        name = identity(encoder)
        keys = [hashlib.sha256(prompt.encode()).digest() for prompt in prompts]
        with self._open() as file:
            found = _stored(file, name, list(dict.fromkeys(keys)))
            key_of = dict(zip(prompts, keys, strict=True))
            new = [prompt for prompt, key in key_of.items() if key not in found]
            for batch in self._batches(encoder, new):
                rows = _checked(encoder.transform(batch), batch)
                stored = [key_of[prompt] for prompt in batch]
                _store(file, name, stored, rows)
                found.update(zip(stored, rows, strict=True))
        if not prompts:
            return encoder.transform([])
        widths = sorted({len(row) for row in found.values()})
        if len(widths) > 1:
            raise InputError(
                f"{str(self._path())!r} holds vectors of {widths[0]} and of {widths[1]} numbers "
                f"for one encoder: clear() it"
            )
        return np.stack([found[key] for key in keys])

    def missing(self, X: Iterable[str]) -> list[str]:
        """Return the different prompts whose vectors are not in the file, in their order."""
        prompts = list(dict.fromkeys(check_prompts(X)))
        keys = [hashlib.sha256(prompt.encode()).digest() for prompt in prompts]
        with self._open() as file:
            found = _stored(file, identity(make_encoder(self.encoder)), keys)
        return [prompt for prompt, key in zip(prompts, keys, strict=True) if key not in found]

    def _batches(self, encoder: Any, new: list[str]) -> Iterable[list[str]]:
        """Return what goes together: an encoder that pays per request cuts by its own rules."""
        if not new:
            return []
        if hasattr(encoder, "batches"):
            return encoder.batches(new)
        return (
            new[start : start + self.batch_size] for start in range(0, len(new), self.batch_size)
        )

    def info(self) -> dict[str, Any]:
        """Return ``path``, ``entries`` and ``bytes`` of the vectors of all encoders."""
        with self._open() as file:
            entries, size = file.execute(
                "select count(*), coalesce(sum(length(vector)), 0) from vectors"
            ).fetchone()
        return {"path": str(self._path()), "entries": entries, "bytes": size}

    def clear(self) -> int:
        """Forget this encoder's vectors; return how many there were."""
        with self._open() as file, file:
            name = identity(make_encoder(self.encoder))
            return file.execute("delete from vectors where encoder = ?", [name]).rowcount

    def _path(self) -> Path:
        return default_cache() if self.path is None else Path(self.path)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        path = self._path()
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
        try:
            with closing(sqlite3.connect(path, timeout=60)) as file:
                file.execute("pragma journal_mode = wal")
                file.execute(_TABLE)
                yield file
        except sqlite3.DatabaseError as error:
            raise InputError(f"{str(path)!r} cannot be used as a cache: {error}") from error


def identity(encoder: Any) -> str:
    """Return what tells the vectors of one encoder from those of another, as SHA-256.

    Class, parameters, and the sizes and times of the files in the folder that a parameter names,
    and in its subfolders; or what the encoder's method `cache_identity` returns, where not every
    parameter changes vectors.
    """
    if hasattr(encoder, "cache_identity"):
        return hashlib.sha256(json.dumps(encoder.cache_identity()).encode()).hexdigest()
    described: list[Any] = [type(encoder).__module__, type(encoder).__qualname__]
    for name, value in sorted(encoder.get_params(deep=False).items()):
        described.append([name, _described(value)])
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()


def _described(value: Any) -> Any:
    if isinstance(value, str) and Path(value).is_dir():
        folder = Path(value)  # sentence-transformers keeps weights in subfolders
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        states = [(p.relative_to(folder).as_posix(), p.stat()) for p in files]
        return [value, [[name, s.st_size, s.st_mtime_ns] for name, s in states]]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if hasattr(value, "__getstate__") and isinstance(value.__getstate__(), dict):
        digest = hashlib.sha256()
        for name, part in sorted(value.__getstate__().items()):
            digest.update(f"{name}\0".encode())
            digest.update(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
        return digest.hexdigest()
    return repr(value)


def _stored(file: sqlite3.Connection, name: str, keys: list[bytes]) -> dict[bytes, np.ndarray]:
    found: dict[bytes, np.ndarray] = {}
    for start in range(0, len(keys), _MOST_ASKED):
        part = keys[start : start + _MOST_ASKED]
        marks = ",".join("?" * len(part))
        query = f"select prompt, vector from vectors where encoder = ? and prompt in ({marks})"
        for key, blob in file.execute(query, [name, *part]):
            if len(blob) % 4:
                raise InputError("the cache holds half a number: clear() it")
            found[key] = np.frombuffer(blob, "<f4").astype(np.float32)
    return found


def _store(file: sqlite3.Connection, name: str, keys: list[bytes], rows: np.ndarray) -> None:
    cells = [(name, k, r.astype("<f4").tobytes()) for k, r in zip(keys, rows, strict=True)]
    with file:
        file.executemany("insert or replace into vectors values (?, ?, ?)", cells)


def _checked(rows: Any, batch: list[str]) -> np.ndarray:
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or len(rows) != len(batch):
        shape = getattr(rows, "shape", None)
        raise InputError(f"the cache keeps dense rows, one per prompt, got {shape}")
    if not np.isfinite(rows).all():
        raise InputError("the encoder gave NaN or infinity: nothing of that batch was kept")
    return rows.astype(np.float32)


@ENCODERS.register("cached")
def _make(argument: str) -> CachedEncoder:
    if not argument:
        raise InputError("encoder 'cached' needs another one: write 'cached:onnx:<folder>'")
    return CachedEncoder(make_encoder(argument))
