"""A file as a stream of bytes, unpacked; gzip and Zstandard are known by their first bytes."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator

from routelab._checks import InputError, existing_file

_PIECE = 1 << 20


def open_bytes(path: str | os.PathLike[str], what: str = "log file") -> io.BufferedIOBase:
    """Open a file for reading; broken compression is an `InputError` when it is met."""
    found = existing_file(path, what)
    source = found.open("rb")
    start = source.read(4)
    source.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return io.BufferedReader(_Unpacked(source, _gunzip(source)), _PIECE)
    if start == b"\x28\xb5\x2f\xfd":
        return io.BufferedReader(_Unpacked(source, _unzstd(source)), _PIECE)
    return source


def position(source: io.BufferedIOBase) -> int:
    """Return how many bytes of the file itself have been read, packed or not."""
    raw = getattr(source, "raw", None)
    return raw.file.tell() if isinstance(raw, _Unpacked) else source.tell()


def read_bytes(path: str | os.PathLike[str], what: str = "log file") -> bytes:
    """Read all of a file, unpacked."""
    with open_bytes(path, what) as source:
        return source.read()


class _Unpacked(io.RawIOBase):
    """Pieces of bytes as a stream."""

    def __init__(self, file: io.BufferedReader, pieces: Iterator[bytes]):
        self.file = file
        self._pieces = pieces
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.file.close()
        super().close()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._held = memoryview(piece)
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count


def _gunzip(file: io.BufferedReader) -> Iterator[bytes]:
    source = gzip.GzipFile(fileobj=file)
    while True:
        try:
            piece = source.read(_PIECE)
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(f"{file.name}: broken gzip file: {error}") from error
        if not piece:
            return
        yield piece


def _unzstd(file: io.BufferedReader) -> Iterator[bytes]:
    """Undo Zstandard, frame by frame; a frame that was cut is an error, not a shorter log."""
    import zstandard

    frame = zstandard.ZstdDecompressor().decompressobj()
    while piece := file.read(1 << 16):  # small: a little can unpack to very much
        while piece:
            if frame.eof:
                frame = zstandard.ZstdDecompressor().decompressobj()
            try:
                yield frame.decompress(piece)
            except zstandard.ZstdError as error:
                raise InputError(f"{file.name}: broken Zstandard file: {error}") from error
            piece = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise InputError(f"{file.name}: broken Zstandard file: it ends in the middle")
