"""Bundles: a plan and its fitted router in a folder or zip, checked byte by byte."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from routelab import __version__
from routelab._checks import InputError, atomic_file, atomic_folder
from routelab.plan import Plan
from routelab.routers import load_router, save_router

FORMAT = 1
MANIFEST, PLAN, ROUTER = "manifest.json", "plan.yaml", "router.skops"
MAX_BYTES = 2**31
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle holds: a plan, a fitted router, or both (then the plan's own)."""

    plan: Plan | None
    router: Any
    manifest: dict[str, Any]


def save_bundle(
    path: str | os.PathLike[str],
    *,
    plan: Plan | None = None,
    router: Any = None,
    force: bool = False,
) -> Path:
    """Write a bundle: a zip when `path` ends in ``.zip``, else a folder.

    Parameters
    ----------
    path : path
    plan : Plan, optional
        With its router, trained or loaded if need be.
    router : fitted estimator, optional
        Instead of the plan's.
    force : bool
        Replace what exists.

    Raises
    ------
    InputError
        Nothing to save, or the path exists.
    """
    if plan is None and router is None:
        raise InputError("a bundle holds a plan, a router or both; nothing was given")
    if router is None and plan is not None and plan.router is not None:
        router = plan.router.resolve()
    target = Path(path)
    if target.suffix != ".zip":
        with atomic_folder(target, force=force) as folder:
            _write(folder, plan, router)
        return target
    if target.exists() and not force:
        raise InputError(f"{str(path)!r} exists already; name another file or pass --force")
    with tempfile.TemporaryDirectory() as name, atomic_file(target) as temporary:
        _write(Path(name), plan, router)
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(Path(name).iterdir()):
                entry = zipfile.ZipInfo(file.name, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, file.read_bytes())
    return target


def _write(folder: Path, plan: Plan | None, router: Any) -> None:
    if router is not None:
        save_router(router, folder / ROUTER)
    if plan is not None:
        stored = plan
        if plan.router is not None:
            update = {"file": ROUTER, "labels": None, "label": None}
            stored = plan.replace(router=plan.router.model_copy(update=update))
        stored.to_yaml(folder / PLAN)
    files = {
        file.name: {"bytes": file.stat().st_size, "sha256": file_digest(file)}
        for file in sorted(folder.iterdir())
    }
    packages = ("numpy", "scikit-learn", "skops")
    versions = {"routelab": __version__}
    versions |= {name: importlib.metadata.version(name) for name in packages}
    manifest = {"format": FORMAT, "versions": versions, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def file_digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def load_bundle(path: str | os.PathLike[str]) -> Bundle:
    """Load a bundle after checking every byte of it.

    Raises
    ------
    InputError
        The bundle is missing, truncated, changed, of an unknown format, holds files that the
        manifest does not name or that lie outside it, or a router of types that are not listed.
    """
    found = Path(path)
    if found.is_dir():
        return _load(found, str(path))
    if not found.is_file():
        raise InputError(f"bundle {str(path)!r} does not exist")
    with tempfile.TemporaryDirectory() as name:
        try:
            with zipfile.ZipFile(found) as archive:
                _extract(archive, Path(name), str(path))
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            raise InputError(
                f"bundle {str(path)!r} is truncated or no zip archive: {error}"
            ) from error
        bundle = _load(Path(name), str(path))
    return bundle


def _extract(archive: zipfile.ZipFile, folder: Path, shown: str) -> None:
    total = 0
    for entry in archive.infolist():
        inner = PurePosixPath(entry.filename)
        if inner.is_absolute() or len(inner.parts) != 1 or ".." in inner.parts:
            raise InputError(f"bundle {shown!r}: the entry {entry.filename!r} leaves the bundle")
        total += entry.file_size
        if total > MAX_BYTES:
            raise InputError(f"bundle {shown!r}: unpacks to more than {MAX_BYTES} bytes")
        (folder / inner.name).write_bytes(archive.read(entry))


def _load(folder: Path, shown: str) -> Bundle:
    manifest = _manifest(folder, shown)
    listed = manifest["files"]
    present = {p.name for p in folder.iterdir()} - {MANIFEST}
    for name in sorted(present - listed.keys()):
        raise InputError(f"bundle {shown!r}: {name!r} is not in the manifest")
    for name, facts in listed.items():
        file = folder / name
        if PurePosixPath(name).name != name or file.is_symlink():
            raise InputError(f"bundle {shown!r}: the file name {name!r} leaves the bundle")
        if not file.is_file():
            raise InputError(f"bundle {shown!r}: {name} is missing")
        size = file.stat().st_size
        if size != facts["bytes"] or file_digest(file) != facts["sha256"]:
            raise InputError(
                f"bundle {shown!r}: {name} was truncated or changed "
                f"({size} bytes, the manifest says {facts['bytes']})"
            )
    router = load_router(folder / ROUTER) if ROUTER in listed else None
    plan = Plan.from_yaml(folder / PLAN) if PLAN in listed else None
    if plan is not None and plan.router is not None and router is not None:
        plan = plan.replace(router=plan.router.model_copy(update={"fitted": router}))
    return Bundle(plan, router, manifest)


def _manifest(folder: Path, shown: str) -> dict[str, Any]:
    file = folder / MANIFEST
    if not file.is_file():
        raise InputError(f"{shown!r} is no bundle: it has no {MANIFEST}")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        version = manifest["format"]
        for facts in manifest["files"].values():
            int(facts["bytes"]), str(facts["sha256"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"bundle {shown!r}: the manifest is damaged: {error!r}") from error
    if version != FORMAT:
        raise InputError(
            f"bundle {shown!r} has format {version!r}, this routelab reads {FORMAT}: update "
            f"routelab"
        )
    return manifest
