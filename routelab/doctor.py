"""An examination of the installation: what is there, what is missing, how to get it.

Packages are found by their metadata and never imported: litellm alone would take seconds and ask
the network for prices.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PYTHON = (3, 11)
BUNDLED = ("prompts.csv", "traffic.parquet", "catalog.yaml", "plan.yaml", "outages.csv")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NOT_FOR_USERS = ("bench", "docs", "test", "all")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an installation.

    Attributes
    ----------
    name : str
    state : str
        "ok"; "missing": optional and absent; "broken": required, and absent or unfit.
    found : str
        Versions, places, or what is wrong.
    remedy : str
        What to do; empty where nothing is.
    """

    name: str
    state: str
    found: str
    remedy: str = ""


def examine() -> list[Part]:
    """Examine the installation.

    Returns
    -------
    list of Part
        Python, required packages, extras, threads, numba's cache, bundled data, programs.

    Examples
    --------
    >>> from routelab.doctor import examine
    >>> examine()[0].name
    'python'
    """
    needs = _requirements()
    parts = [_python(), *_required(needs), *_extras(needs)]
    return [*parts, _threads(), _numba_cache(), _bundled(), _development_data(), _browser()]


def _python() -> Part:
    told = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info[:2] >= PYTHON:
        return Part("python", "ok", told)
    return Part("python", "broken", told, "install Python {}.{} or later".format(*PYTHON))


def _requirements() -> list[Requirement]:
    try:
        return [Requirement(text) for text in metadata.requires("routelab") or ()]
    except metadata.PackageNotFoundError:
        return []


def _required(needs: list[Requirement]) -> Iterator[Part]:
    """Yield routelab and one part for what it needs, or one for each need that is not met."""
    try:
        yield Part("routelab", "ok", metadata.version("routelab"))
    except metadata.PackageNotFoundError:
        told = "runs from a folder: its needs and extras are not known"
        yield Part("routelab", "missing", told, f"{_pip()} install routelab")
        return
    wanted = [need for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    states = [(need, _version(need)) for need in wanted]
    met = [(need, version) for need, version in states if _fits(need, version)]
    told = ", ".join(f"{need.name} {version}" for need, version in met)
    yield Part("required packages", "ok", told)
    for need, version in states:
        if not _fits(need, version):
            have = "not installed" if version is None else version
            remedy = f"{_pip()} install '{need.name}{need.specifier}'"
            yield Part(need.name, "broken", f"{have}; needed: {need.specifier}", remedy)


def _extras(needs: list[Requirement]) -> Iterator[Part]:
    """Yield a part for each extra that users choose."""
    try:
        names = metadata.metadata("routelab").get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        return
    for extra in sorted(set(names) - set(NOT_FOR_USERS)):
        wanted = [
            need
            for need in needs
            if need.marker is not None
            and need.marker.evaluate({"extra": extra})
            and not need.marker.evaluate({"extra": ""})
        ]
        states = [(need, _version(need)) for need in wanted]
        told = ", ".join(f"{need.name} {version or 'absent'}" for need, version in states)
        whole = all(_fits(need, version) for need, version in states)
        remedy = "" if whole else f"{_pip()} install 'routelab[{extra}]'"
        yield Part(f"extra {extra}", "ok" if whole else "missing", told, remedy)


def _pip() -> str:
    """Return pip as it must be typed here: a virtual environment may not be activated."""
    found, own = shutil.which("pip"), Path(sys.executable).parent
    return "pip" if found and Path(found).parent == own else f"{sys.executable} -m pip"


def _version(need: Requirement) -> str | None:
    try:
        return metadata.version(need.name)
    except metadata.PackageNotFoundError:
        return None


def _fits(need: Requirement, version: str | None) -> bool:
    return version is not None and need.specifier.contains(version, prereleases=True)


def _threads() -> Part:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limits = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
    told = [f"{name}={os.environ[name]}" for name in limits if name in os.environ]
    return Part("threads", "ok", ", ".join([f"{count} processors", *told]))


def _numba_cache() -> Part:
    """Say whether the compiled kernel is kept, as numba keeps it: beside the code or elsewhere."""
    folder = Path(__file__).resolve().parent / "simulation" / "__pycache__"
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    place = Path(chosen) if chosen else folder
    if not _writable(place):
        remedy = "set NUMBA_CACHE_DIR to a folder that you can write to"
        told = f"{place} cannot be written: each process may compile for about 15 s"
        return Part("numba cache", "missing", told, remedy)
    kept = any(place.rglob("*.nbi"))
    told = f"{place}, " + ("compiled" if kept else "nothing compiled yet")
    return Part("numba cache", "ok", told, "" if kept else "python -m routelab.simulation")


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _bundled() -> Part:
    from routelab.datasets import data_dir

    absent = [name for name in BUNDLED if not (data_dir() / name).is_file()]
    if absent:
        told = f"{data_dir()} lacks {', '.join(absent)}"
        return Part("bundled data", "broken", told, f"{_pip()} install --force-reinstall routelab")
    return Part("bundled data", "ok", str(data_dir()))


def _development_data() -> Part:
    named = os.environ.get("ROUTELAB_DATA")
    if named and not Path(named).is_dir():
        told = f"ROUTELAB_DATA names {named!r}, which is not a folder"
        return Part("development data", "missing", told, "unset it, or name a folder")
    return Part("development data", "ok", named or "ROUTELAB_DATA is not set, which is fine")


def _browser() -> Part:
    """Say which browser the tests of the notebooks would drive."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        told = "no browser; only the tests of the notebooks and screenshots need one"
        return Part("chromium", "missing", told, "apt-get install chromium")
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Part("chromium", "missing", f"{path} does not start: {type(error).__name__}")
    return Part("chromium", "ok", f"{done.stdout.strip()} at {path}")
