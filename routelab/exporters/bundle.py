"""Bundles: a plan and its fitted router in a folder or zip, checked byte by byte."""

from __future__ import annotations

import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.exceptions import InconsistentVersionWarning

from routelab._checks import InputError, RoutelabError, atomic_file, atomic_folder
from routelab._yaml import read_yaml
from routelab.exporters._bundle_manifest import (
    MANIFEST,
    PLAN,
    ROUTER,
    Manifest,
    file_digest,
    installed_versions,
    read_manifest,
    write_manifest,
)
from routelab.exporters._bundle_zip import pack, unpack
from routelab.plan import Plan
from routelab.routers import load_router, save_router

MAX_BYTES = 2**31


class BundleVersionWarning(UserWarning):
    """A bundle was written with another minor version of scikit-learn."""


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

    The same plan and router give the same bytes, in any process. What stands there already is
    replaced in one step, when everything is written.

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
    RoutelabError
        It could not be written; what stood there is as it was.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_bundle(f"{folder}/b.zip", plan=Plan(models={"a": "gpt-4o"}, default="a"))
    ...     load_bundle(path).plan.default
    'a'
    """
    if plan is None and router is None:
        raise InputError("a bundle holds a plan, a router or both; nothing was given")
    if router is None and plan is not None and plan.router is not None:
        router = plan.router.resolve()
    target = Path(path)
    zipped = target.suffix == ".zip"
    if zipped and target.exists() and not force:
        raise InputError(f"{str(path)!r} exists already; name another file or pass --force")
    try:
        if not zipped:
            with atomic_folder(target, force=force) as folder:
                _write(folder, plan, router)
            return target
        with tempfile.TemporaryDirectory() as name, atomic_file(target) as temporary:
            _write(Path(name), plan, router)
            pack(Path(name), temporary)
    except OSError as error:
        raise RoutelabError(
            f"the bundle {str(path)!r} could not be written, nothing there was changed: {error}"
        ) from error
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
    write_manifest(folder)


def load_bundle(path: str | os.PathLike[str]) -> Bundle:
    """Load a bundle after checking every byte of it.

    Digests find damage, not malice: whoever writes a bundle writes them too. What protects from a
    hostile one is that nothing in it is run or built except the types that a router needs, and that
    no file outside it is read.

    Parameters
    ----------
    path : path
        A folder or a zip that `save_bundle` wrote.

    Raises
    ------
    InputError
        The bundle is missing, truncated, changed, of another format, holds anything but its plan,
        its router and its manifest, names files outside it, or a router of types that are not
        listed. The message names the bundle and the reason.

    Warns
    -----
    BundleVersionWarning
        It was written with another minor version of scikit-learn, whose answers may differ.
    """
    found = Path(path)
    try:
        if found.is_dir():
            return _load(found)
        if not found.is_file():
            raise InputError("does not exist")
        with tempfile.TemporaryDirectory() as name:
            unpack(found, Path(name), most=MAX_BYTES)
            return _load(Path(name))
    except InputError as error:
        raise InputError(f"bundle {str(path)!r}: {error}") from error


def _load(folder: Path) -> Bundle:
    manifest = read_manifest(folder)
    _check_files(folder, manifest)
    written, here = manifest.versions.scikit_learn, installed_versions()["scikit-learn"]
    other = written.split(".")[:2] != here.split(".")[:2]
    versions = f"written with scikit-learn {written}, read with {here}"
    try:
        with warnings.catch_warnings():
            # scikit-learn warns of each of its estimators inside, and of patch versions too
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            router = load_router(folder / ROUTER) if ROUTER in manifest.files else None
        plan = _load_plan(folder, router) if PLAN in manifest.files else None
    except InputError as error:
        told = str(error).replace(f"{folder}{os.sep}", "")
        raise InputError(f"{told} ({versions})" if other else told) from error
    if other and router is not None:
        warnings.warn(
            f"a bundle was {versions}: the router may decide otherwise; train and save it again, "
            "or compare its answers",
            BundleVersionWarning,
            stacklevel=3,
        )
    return Bundle(plan, router, manifest.model_dump(by_alias=True))


def _check_files(folder: Path, manifest: Manifest) -> None:
    listed = {str(name): facts for name, facts in manifest.files.items()}
    for name in sorted({path.name for path in folder.iterdir()} - {MANIFEST, *listed}):
        raise InputError(f"holds {name!r}, which its manifest does not list")
    if sum(facts.bytes for facts in listed.values()) > MAX_BYTES:
        raise InputError(f"holds more than {MAX_BYTES:,} bytes")
    for name, facts in listed.items():
        file = folder / name
        if file.is_symlink():
            raise InputError(f"{name} is a link that leads out of it")
        if not file.is_file():
            raise InputError(f"{name} is missing")
        size = file.stat().st_size
        if size != facts.bytes or file_digest(file) != facts.sha256:
            raise InputError(
                f"{name} was truncated or changed ({size} bytes, the manifest says {facts.bytes})"
            )


def _load_plan(folder: Path, router: Any) -> Plan:
    data = read_yaml(folder / PLAN, "plan").data
    fields = data if isinstance(data, dict) else {}
    spec = fields["router"] if isinstance(fields.get("router"), dict) else {}
    named = [fields.get("catalog"), spec.get("labels"), spec.get("file")]
    for name in named:
        if isinstance(name, str) and name not in ("bundled", ROUTER):
            raise InputError(f"{PLAN} names the file {name!r}, which is not in the bundle")
    plan = Plan.from_yaml(folder / PLAN)
    if plan.router is None:
        return plan
    if router is None:
        raise InputError(f"{PLAN} has a router, but there is no {ROUTER}")
    return plan.replace(router=plan.router.model_copy(update={"fitted": router, "file": None}))
