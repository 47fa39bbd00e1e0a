"""The ledger on disk: one JSON file, written whole, changed by one process at a time."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from routelab._checks import InputError, atomic_file, existing_file

PARTS = ("fit", "tune", "report")


class Opening(BaseModel):
    """One look at the report part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    candidates: int = Field(default=1, ge=1)


class LedgerFile(BaseModel):
    """What the file holds; of the prompts, their SHA-256 alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["routelab split ledger 1"] = "routelab split ledger 1"
    seed: int
    shares: tuple[float, float, float]
    threshold: float | None
    parts: dict[Literal["fit", "tune", "report"], tuple[str, ...]]
    openings: tuple[Opening, ...] = ()


def text_hash(prompt: str) -> str:
    """Return the SHA-256 of a prompt, in hexadecimal.

    Examples
    --------
    >>> text_hash("hello")[:8]
    '2cf24dba'
    """
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()


def hashes(prompts: Iterable[str]) -> list[str]:
    """Return the hash of each prompt."""
    return [text_hash(prompt) for prompt in prompts]


def read_ledger(path: str | os.PathLike[str]) -> LedgerFile:
    """Read the file, or say that it is no ledger."""
    found = existing_file(path, "ledger")
    try:
        return LedgerFile.model_validate_json(found.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(f"{str(path)!r} is no split ledger: {where}: {first['msg']}") from None


def write_ledger(path: str | os.PathLike[str], content: LedgerFile) -> None:
    """Replace the file whole: a process that is killed leaves the old one."""
    with atomic_file(path) as temporary:
        temporary.write_text(content.model_dump_json(indent=1) + "\n", encoding="utf-8")


@contextmanager
def locked(path: str | os.PathLike[str], timeout_s: float = 60.0) -> Iterator[None]:
    """Hold the ledger for one process; another one waits, up to `timeout_s` seconds.

    The lock is an exclusive transaction on an empty SQLite file beside the ledger: the one lock of
    the standard library that works alike on every system and ends with its process.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = target.with_name(f".{target.name}.lock")
    try:
        with closing(sqlite3.connect(lock, timeout=timeout_s, isolation_level=None)) as file:
            file.execute("begin exclusive")
            yield
    except sqlite3.OperationalError as error:
        raise InputError(f"the ledger {str(path)!r} cannot be locked: {error}") from error
