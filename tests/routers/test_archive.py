"""The archive of a stored router: what it may hold, and how much."""

from __future__ import annotations

import io
import zipfile

import pytest

from routelab import InputError
from routelab.routers import load_router
from routelab.routers._archive import check_archive


def archive(*entries, compress=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compress) as target:
        for name, content in entries:
            target.writestr(name, content)
    buffer.seek(0)
    return buffer


def test_sizes_of_entries_and_of_archives_inside_add_up():
    inside = archive(("data.npy", b"x" * 70_000), ("indices.npy", b"y" * 30))
    file = archive(("schema.json", b"{}"), ("1.npy", b"abc"), ("2.npz", inside.getvalue()))
    assert check_archive(file) == 2 + 3 + len(inside.getvalue()) + 70_030


@pytest.mark.parametrize("name", ["x.pkl", "1.bin", "../1.npy", "a/1.npy", "1.npy.pkl", "C:1.npy"])
def test_other_names_are_refused(name):
    with pytest.raises(InputError, match="which no router needs: refused"):
        check_archive(archive((name, b"")))
    inside = archive((name, b"")).getvalue()
    with pytest.raises(InputError, match="holds '3.npz/"):
        check_archive(archive(("3.npz", inside)))


def test_an_entry_that_stands_twice_is_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        file = archive(("1.npy", b"a"), ("1.npy", b"b"))
    with pytest.raises(InputError, match="holds '1.npy' twice"):
        check_archive(file)


def test_an_encrypted_entry_is_refused():
    content = bytearray(archive(("1.npy", b"abc")).getvalue())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InputError, match="'1.npy' is encrypted"):
        check_archive(io.BytesIO(content))


def test_bombs_are_counted_while_they_unpack():
    with pytest.raises(InputError, match="unpacks to more than"):
        check_archive(archive(("1.npy", b"\0" * 100_000)), left=99_999)
    assert check_archive(archive(("1.npy", b"\0" * 100_000)), left=100_000) == 100_000
    inside = archive(("data.npy", b"\0" * 100_000)).getvalue()
    with pytest.raises(InputError, match="unpacks to more than"):
        check_archive(archive(("1.npz", inside)), left=100_000)


def test_a_stated_size_does_not_hide_what_is_there(tmp_path):
    """The directory says 1 byte, 100,000 are compressed: only what was stated is unpacked."""
    content = bytearray(archive(("1.npy", b"\0" * 100_000)).getvalue())
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = (1).to_bytes(4, "little")
    (tmp_path / "r.skops").write_bytes(content)
    with pytest.raises(InputError, match="not a stored router, or damaged: .*Bad CRC-32"):
        load_router(tmp_path / "r.skops")


def test_what_is_no_archive_is_no_router(tmp_path):
    (tmp_path / "r.skops").write_bytes(b"not a zip")
    with pytest.raises(InputError, match="r.skops: not a stored router, or damaged"):
        load_router(tmp_path / "r.skops")
