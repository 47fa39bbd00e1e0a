"""What panels take: data and plans, or the paths of their files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pandas as pd

from routelab._checks import InputError
from routelab.plan import Plan


def as_traffic(value: Any, files: dict[str, str], name: str = "traffic") -> pd.DataFrame:
    """Return requests from a DataFrame, what `read_log` returned, or a path, which is noted.

    Parameters
    ----------
    value : DataFrame, result of :func:`routelab.read_log`, or path
    files : dict of str to str
        Gets the path under `name`, so that a script can read it again.
    name : str, default "traffic"
        The argument's name, for the message.

    Raises
    ------
    InputError
        It is none of these, or the file cannot be read.
    """
    from routelab.traffic import read_log

    if isinstance(value, str | os.PathLike):
        files.setdefault(name, os.fspath(value))
        value = read_log(value)
    frame = getattr(value, "frame", value)
    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            f"{name!r} must be a DataFrame of requests, a log from rl.read_log or its path, got "
            f"{type(value).__name__}"
        )
    return frame


def as_outages(value: Any, files: dict[str, str]) -> pd.DataFrame | None:
    """Return outages, or read them from the path of their file, which is noted."""
    from routelab.outages import read_outages

    if isinstance(value, str | os.PathLike):
        files.setdefault("outages", os.fspath(value))
        return read_outages(value)
    if value is not None and not isinstance(value, pd.DataFrame):
        raise InputError(
            "'outages' must be a DataFrame from rl.read_outages or the path of a file, got "
            f"{type(value).__name__}"
        )
    return value


def noted(files: Mapping[str, str | os.PathLike[str]] | None) -> dict[str, str]:
    """Return a panel's files by argument, to which those that are read here are added."""
    return {name: os.fspath(path) for name, path in (files or {}).items()}


def as_plan(value: Any, files: dict[str, str]) -> Plan:
    """Return a plan, or read it from the path of its file, which is noted.

    Raises
    ------
    InputError
        It is neither, or the file cannot be read.
    """
    if isinstance(value, str | os.PathLike):
        files.setdefault("plan", os.fspath(value))
        return Plan.from_yaml(value)
    if not isinstance(value, Plan):
        raise InputError(
            f"'plan' must be a rl.Plan or the path of its YAML file, got {type(value).__name__}"
        )
    return value
