"""Fitted routers on disk: skops with a fixed list of types, and deterministic bytes."""

from __future__ import annotations

import gc
import io
import json
import os
import zipfile
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

from routelab._checks import InputError, atomic_file, existing_file
from routelab.encoders import CachedEncoder, LitellmEncoder
from routelab.routers._archive import check_archive
from routelab.routers._base import TRUSTED_TYPES

_EPOCH = (1980, 1, 1, 0, 0, 0)
_SCHEMA = "schema.json"
_CODE = (type, ModuleType, FunctionType, BuiltinFunctionType)  # what leads out of the router


def save_router(router: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted router to one ``.skops`` file; the same router gives the same bytes."""
    import skops.io

    with atomic_file(path) as temporary:
        temporary.write_bytes(_normalised(skops.io.dumps(router)))


def _normalised(archive: bytes) -> bytes:
    """Rewrite a skops archive without dates, with counted numbers for memory addresses."""
    packed = io.BytesIO()
    numbers: dict[str, str] = {}
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        schema = _renumbered(json.loads(source.read(_SCHEMA)), numbers)
        contents = {_SCHEMA: json.dumps(schema, indent=1).encode()}
        for name in source.namelist():
            if name != _SCHEMA:
                contents[_renamed(name, numbers)] = source.read(name)
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, contents[name])
    return packed.getvalue()


def _renamed(file: str, numbers: dict[str, str]) -> str:
    address, dot, suffix = file.partition(".")
    return numbers.setdefault(address, str(len(numbers) + 1)) + dot + suffix


def _renumbered(node: Any, numbers: dict[str, str]) -> Any:
    """Count the object ids of a skops schema in the order in which they appear."""
    if isinstance(node, list):
        return [_renumbered(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for key, value in node.items():
        if key == "__id__":
            result[key] = int(_renamed(str(value), numbers))
        elif key == "file":
            result[key] = _renamed(value, numbers)
        else:
            result[key] = _renumbered(value, numbers)
    return result


def load_router(path: str | os.PathLike[str], *, trust_api_base: bool = False) -> Any:
    """Load a fitted router; types outside :data:`TRUSTED_TYPES` and skops' own list are refused.

    Files of kept vectors are those of whoever loads it: the `path` of a `CachedEncoder` and the
    `cache` of a `LitellmEncoder` are set to their defaults (False stays False).

    Parameters
    ----------
    path : str or path
    trust_api_base : bool, default False
        Whether a `LitellmEncoder` may ask the address that the file names: prompts go there, and
        the key of the environment with them.

    Raises
    ------
    InputError
        The file is missing, damaged, unpacks to more than 2 GiB, holds a type that is not on the
        list or anything else that no router needs, or an address that is not trusted.
    """
    import skops.io

    found = existing_file(path, "router")
    try:
        check_archive(found)
        unknown = set(skops.io.get_untrusted_types(file=found)) - set(TRUSTED_TYPES)
        if unknown:
            raise InputError(f"holds the type {sorted(unknown)[0]}, which no router needs: refused")
        router = skops.io.load(found, trusted=TRUSTED_TYPES)
    except InputError as error:
        raise InputError(f"{found}: {error}") from error
    except Exception as error:  # what a hostile file makes of skops and of __setstate__ is open
        raise InputError(f"{found}: not a stored router, or damaged: {error!r}") from error
    for encoder in _encoders(router):
        if isinstance(encoder, CachedEncoder):
            encoder.path = None
            continue
        encoder.cache = encoder.cache is not False
        # LiteLLM also takes an address as a model's name ("huggingface/https://...")
        if not trust_api_base and (encoder.api_base is not None or "://" in str(encoder.model)):
            raise InputError(
                f"{found}: its LitellmEncoder names an address of its own, to which prompts and "
                f"the key of your environment would go: if you know it, load the router by "
                f"load_router(path, trust_api_base=True)"
            )
    return router


def _encoders(router: Any) -> list[CachedEncoder | LitellmEncoder]:
    """Return the encoders with an address or a file, wherever in the router they are.

    Not by its parameters alone: a file may hide them in any container that skops reads (a partial,
    a set), so that what the garbage collector sees is followed.
    """
    found: list[CachedEncoder | LitellmEncoder] = []
    seen: dict[int, Any] = {}
    left = [router]
    while left:
        part = left.pop()
        if id(part) in seen or isinstance(part, _CODE):
            continue
        seen[id(part)] = part
        if isinstance(part, CachedEncoder | LitellmEncoder):
            found.append(part)
        if isinstance(part, np.ndarray):  # the collector does not see into arrays
            left += part.ravel().tolist() if part.dtype == object else []
        else:
            left += gc.get_referents(part)
    return found


def describe_router(router: Any) -> dict[str, Any]:
    """Return ``{"kind": ..., "encoder": ...}`` of an estimator made by :func:`make_router`."""
    from sklearn.utils.validation import check_is_fitted

    if not hasattr(router, "predict"):
        raise InputError(f"a router is an estimator with predict, got {type(router).__name__}")
    steps = [step for _, step in getattr(router, "steps", [("", router)])]
    check_is_fitted(steps[-1])
    kind = getattr(steps[-1], "kind", None) or type(steps[-1]).__name__
    encoder = type(steps[0]).__name__ if len(steps) > 1 else "none"
    return {"kind": str(kind), "encoder": encoder}
