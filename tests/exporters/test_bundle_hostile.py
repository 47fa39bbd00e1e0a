"""Bundles that are damaged or hostile: refused, with the name of the bundle and the reason."""

from __future__ import annotations

import io
import json
import shutil
import struct
import zipfile
from pathlib import Path

import pytest
import yaml

from routelab import InputError, load_bundle, save_bundle
from routelab.exporters import bundle
from routelab.exporters._bundle_manifest import MOST, manifest_bytes, write_manifest
from routelab.exporters._bundle_zip import pack

KEPT = Path(__file__).parent / "bundles" / "format-1.zip"


@pytest.fixture
def folder(tmp_path):
    """The kept bundle as a folder."""
    with zipfile.ZipFile(KEPT) as archive:
        archive.extractall(tmp_path / "bundle")
    return tmp_path / "bundle"


def refused(path, reason):
    with pytest.raises(InputError, match=reason) as raised:
        load_bundle(path)
    assert str(raised.value).startswith(f"bundle {str(path)!r}: ")
    assert str(raised.value).count("\n") == 0


def signed(folder, change=None):
    """Write the manifest anew, as someone does who wants his change to be believed."""
    (folder / "manifest.json").unlink()
    write_manifest(folder)
    fields = json.loads((folder / "manifest.json").read_text())
    del fields["sha256"]
    if change is not None:
        change(fields)
        (folder / "manifest.json").write_bytes(manifest_bytes(fields))


def entries(path, *given, **options):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in given:
            archive.writestr(name, content, **options)
    return path


def directory_of(content):
    """Return where the directory of a zip begins: its end record says so."""
    return struct.unpack("<I", content[-6:-2])[0]


@pytest.mark.parametrize("name", ["manifest.json", "plan.yaml", "router.skops"])
def test_a_flipped_byte_of_a_file_is_noticed(folder, name):
    before = (folder / name).read_bytes()
    for place in range(0, len(before), 50):
        changed = bytearray(before)
        changed[place] ^= 1
        (folder / name).write_bytes(changed)
        refused(folder, f"{name} (is damaged|was changed|was truncated or changed)|has format")
    (folder / name).write_bytes(before)
    load_bundle(folder)


def test_a_flipped_byte_of_the_zip_is_noticed(tmp_path):
    before, path = KEPT.read_bytes(), tmp_path / "b.zip"
    ends = [len(before) - back for back in range(1, 23)]  # the end record, byte by byte
    for place in [*range(0, len(before), 50), *ends]:
        changed = bytearray(before)
        changed[place] ^= 1
        path.write_bytes(changed)
        refused(path, "is truncated, damaged|not as routelab packs|no file of a bundle|lies about")
    path.write_bytes(before)
    load_bundle(path)


def test_bytes_around_the_files_of_a_zip_are_noticed(tmp_path):
    path = tmp_path / "b.zip"
    for content in (b"#!/bin/sh\n" + KEPT.read_bytes(), KEPT.read_bytes()[:-2] + b"\x01\x00x"):
        path.write_bytes(content)
        refused(path, "a byte between its files was changed")


@pytest.mark.parametrize("cut", [1, 200, 5000])
def test_a_truncated_zip_is_noticed(tmp_path, cut):
    path = tmp_path / "b.zip"
    path.write_bytes(KEPT.read_bytes()[:-cut])
    refused(path, "is truncated, damaged or no zip archive")


@pytest.mark.parametrize(
    "name",
    ["../evil", "/evil", "a/plan.yaml", "..\\evil", "C:evil", "C:\\evil", "plan.yaml/", "x.pkl"],
)
def test_a_name_that_is_none_of_a_bundle_is_refused(folder, tmp_path, name):
    refused(entries(tmp_path / "evil.zip", (name, b"x")), "which is no file of a bundle")
    signed(folder, lambda fields: fields["files"].update({name: {"bytes": 1, "sha256": "0" * 64}}))
    refused(folder, "manifest.json is damaged: files")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "evil.zip"]


def test_a_pickle_beside_the_router_is_refused(folder):
    (folder / "router.pkl").write_bytes(b"\x80\x04.")
    refused(folder, "holds 'router.pkl', which its manifest does not list")


def test_a_file_that_is_missing_is_named(folder):
    (folder / "plan.yaml").unlink()
    refused(folder, "plan.yaml is missing")


@pytest.mark.parametrize("name", ["manifest.json", "plan.yaml", "router.skops"])
def test_a_link_is_refused_even_to_the_same_bytes(folder, tmp_path, name):
    shutil.move(folder / name, tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    refused(folder, "is a link that leads out of it|no bundle: it has no file manifest.json")


def test_a_link_in_a_zip_is_refused(folder, tmp_path):
    link = zipfile.ZipInfo("plan.yaml", (1980, 1, 1, 0, 0, 0))
    link.create_system, link.external_attr = 3, 0o120777 << 16
    files = [(name, (folder / name).read_bytes()) for name in ("manifest.json", "router.skops")]
    refused(entries(tmp_path / "b.zip", *files, (link, b"/etc/hostname")), "not as routelab packs")


def test_an_entry_that_stands_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = entries(tmp_path / "b.zip", ("plan.yaml", b"a"), ("plan.yaml", b"b"))
    refused(path, "holds 'plan.yaml' twice")


def test_an_encrypted_entry_is_refused(tmp_path):
    changed = bytearray(KEPT.read_bytes())
    changed[6] |= 1  # the flags of the first entry, and of its place in the directory
    changed[directory_of(changed) + 8] |= 1
    (tmp_path / "b.zip").write_bytes(changed)
    refused(tmp_path / "b.zip", "'manifest.json' in it is encrypted")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = entries(
        tmp_path / "b.zip",
        ("plan.yaml", b"\0" * 10_000_000),
        compress_type=zipfile.ZIP_DEFLATED,
    )
    refused(path, "'plan.yaml' in it is compressed or lies about its size")


def test_a_size_that_lies_is_refused(tmp_path):
    changed = bytearray(KEPT.read_bytes())
    for place in (22, directory_of(changed) + 24):  # unpacked sizes
        changed[place : place + 4] = struct.pack("<I", 1)
    (tmp_path / "b.zip").write_bytes(changed)
    refused(tmp_path / "b.zip", "'manifest.json' in it is compressed or lies about its size")


def test_more_bytes_than_allowed_are_refused(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "MAX_BYTES", 1000)
    refused(KEPT, "is larger than 1,000 bytes")
    refused(folder, "holds more than 1,000 bytes")


def repacked(folder, change):
    """Change the entries of the stored router; the manifest is written to fit."""
    path = folder / "router.skops"
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    entries(path, *files.items())
    signed(folder)


def test_a_pickle_inside_the_router_is_refused(folder, tmp_path):
    repacked(folder, lambda files: files.update({"9999.pkl": b"\x80\x04."}))
    refused(folder, "router.skops: holds '9999.pkl', which no router needs: refused")
    pack(folder, tmp_path / "b.zip")
    refused(tmp_path / "b.zip", "b.zip': router.skops: holds '9999.pkl'")


def test_an_array_of_pickled_objects_is_refused(folder):
    import numpy as np

    def objects(files):
        buffer = io.BytesIO()
        np.save(buffer, np.array([{}], dtype=object), allow_pickle=True)
        files[next(name for name in files if name.endswith(".npy"))] = buffer.getvalue()

    repacked(folder, objects)
    refused(folder, "router.skops: not a stored router, or damaged: .*allow_pickle=False")


@pytest.mark.parametrize(
    ("name", "module"), [("rmtree", "shutil"), ("system", "os"), ("Popen", "subprocess")]
)
def test_a_type_that_is_not_on_the_list_is_refused(folder, name, module):
    def foreign(files):
        schema = json.loads(files["schema.json"])
        schema["__class__"], schema["__module__"] = name, module
        files["schema.json"] = json.dumps(schema).encode()

    repacked(folder, foreign)
    refused(folder, f"router.skops: holds the type {module}.{name}, which no router needs")


@pytest.mark.parametrize("schema", ["[]", "{", "[" * 100_000, '{"__loader__": "X"}', "null"])
def test_a_schema_that_is_none_is_refused(folder, schema):
    repacked(folder, lambda files: files.update({"schema.json": schema.encode()}))
    refused(folder, "router.skops: not a stored router, or damaged")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1]", "it holds no object but list"),
        ("null", "it holds no object but NoneType"),
        ("{}", "manifest.json is damaged: format: Field required"),
        ('{"format": "1"}', "manifest.json is damaged: format: Input should be 1"),
        ("{", "manifest.json is damaged: Expecting"),
        ("[" * 60_000, "manifest.json is damaged: maximum recursion"),
        ("\xff", "manifest.json is damaged"),
        (" " * (MOST + 1), "manifest.json is longer than 65,536 bytes"),
    ],
)
def test_a_manifest_that_is_none_is_refused(folder, text, reason):
    (folder / "manifest.json").write_bytes(text.encode("latin-1"))
    refused(folder, reason)


def test_a_folder_without_a_manifest_and_no_path_are_no_bundles(folder):
    (folder / "manifest.json").unlink()
    refused(folder, "no bundle: it has no file manifest.json")
    refused(folder / "none", "does not exist")


def test_a_bundle_of_the_future_says_who_wrote_it(folder):
    def future(fields):
        fields["format"], fields["versions"]["routelab"] = 2, "9.9"
        fields["signature"] = {"something": "new"}

    signed(folder, future)
    refused(folder, r"has format 2, routelab \S+ reads 1: read it with the routelab .*'9\.9'")
    (folder / "manifest.json").write_text('{"format": 7}')
    refused(folder, "has format 7")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"router": {"kind": "linear", "file": "/etc/passwd"}}, "names the file '/etc/passwd'"),
        ({"router": {"kind": "linear", "file": "../r.skops"}}, r"names the file '\.\./r\.skops'"),
        ({"router": {"kind": "linear", "labels": "/etc/passwd"}}, "names the file '/etc/passwd'"),
        ({"catalog": "/etc/passwd"}, "names the file '/etc/passwd'"),
        ({"default": "strnog"}, r"bundle': plan\.yaml:\d+:1: default: there is no model group"),
    ],
)
def test_a_plan_that_is_wrong_or_leads_out_of_the_bundle_is_refused(folder, change, reason):
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | change))
    signed(folder)
    refused(folder, reason)


def test_a_plan_that_is_no_mapping_is_refused(folder):
    (folder / "plan.yaml").write_text("- a\n")
    signed(folder)
    refused(folder, "plan.yaml: a plan is a mapping")


def test_a_plan_whose_router_is_not_there_is_refused(folder):
    (folder / "router.skops").unlink()
    signed(folder)
    refused(folder, r"plan\.yaml has a router, but there is no router\.skops")


def test_the_command_line_names_the_bundle_in_one_line(tmp_path, run):
    path = tmp_path / "b.zip"
    path.write_bytes(KEPT.read_bytes()[:-9])
    code, out, err = run("route", path, "hello")
    assert (code, out) == (2, "")
    assert err.startswith(f"routelab: bundle '{path}': is truncated") and err.count("\n") == 1


def test_a_bundle_that_is_saved_again_has_the_same_bytes(tmp_path):
    loaded = load_bundle(KEPT)
    path = save_bundle(tmp_path / "b.zip", plan=loaded.plan)
    again = save_bundle(tmp_path / "c.zip", plan=load_bundle(path).plan)
    assert path.read_bytes() == again.read_bytes()
