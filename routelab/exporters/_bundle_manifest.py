"""The manifest of a bundle: one model, its JSON Schema, and a file that tells its own changes."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from routelab import __version__
from routelab._checks import InputError

FORMAT = 1
MANIFEST, PLAN, ROUTER = "manifest.json", "plan.yaml", "router.skops"
MOST = 1 << 16  # bytes of a manifest; one with two files has about 700


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class FileFacts(_Strict):
    """Size and digest of one file."""

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Versions(_Strict):
    """What the bundle was written with."""

    routelab: str
    numpy: str
    scikit_learn: str = Field(alias="scikit-learn")
    skops: str


class Manifest(_Strict):
    """``manifest.json`` of a routelab bundle, format 1."""

    format: Literal[1]
    versions: Versions
    files: dict[Literal["plan.yaml", "router.skops"], FileFacts] = Field(min_length=1)
    sha256: str = Field(
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of the other fields as JSON: keys sorted, ASCII, no white space",
    )


def write_manifest(folder: Path) -> None:
    """Describe the files of a folder in its ``manifest.json``."""
    files = {
        file.name: {"bytes": file.stat().st_size, "sha256": file_digest(file)}
        for file in sorted(folder.iterdir())
    }
    fields = {"format": FORMAT, "versions": installed_versions(), "files": files}
    (folder / MANIFEST).write_bytes(manifest_bytes(fields))


def installed_versions() -> dict[str, str]:
    """Return the versions on which a stored router depends."""
    packages = ("numpy", "scikit-learn", "skops")
    return {"routelab": __version__} | {p: importlib.metadata.version(p) for p in packages}


def file_digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def manifest_bytes(fields: dict[str, Any]) -> bytes:
    """Return the one spelling of a manifest with these fields, its digest included."""
    plain = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(plain.encode()).hexdigest()
    return (json.dumps({**fields, "sha256": digest}, indent=1) + "\n").encode()


def read_manifest(folder: Path) -> Manifest:
    """Read and check ``manifest.json`` in a folder.

    Raises
    ------
    InputError
        It is missing, no manifest, of another format, or was changed.
    """
    file = folder / MANIFEST
    if file.is_symlink() or not file.is_file():
        raise InputError(f"no bundle: it has no file {MANIFEST}")
    with file.open("rb") as source:
        raw = source.read(MOST + 1)
    if len(raw) > MOST:
        raise InputError(f"{MANIFEST} is longer than {MOST:,} bytes")
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{MANIFEST} is damaged: {error}") from error
    if not isinstance(fields, dict):
        raise InputError(f"{MANIFEST} is damaged: it holds no object but {type(fields).__name__}")
    _check_format(fields)
    try:
        manifest = Manifest.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{MANIFEST} is damaged: {place}: {first['msg']}") from error
    del fields["sha256"]
    if manifest_bytes(fields) != raw:
        raise InputError(f"{MANIFEST} was changed after it was written")
    return manifest


def _check_format(fields: dict[str, Any]) -> None:
    found = fields.get("format")
    if isinstance(found, int) and found != FORMAT:
        versions = fields.get("versions")
        writer = versions.get("routelab") if isinstance(versions, dict) else None
        raise InputError(
            f"has format {found}, routelab {__version__} reads {FORMAT}: read it with the routelab "
            f"that wrote it ({writer!r}), or save it again"
        )
