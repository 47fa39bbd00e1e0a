"""Fitted routers on disk, without pickle.

Skops with a fixed list of types, and deterministic bytes.
"""

from __future__ import annotations

import io
import os
import zipfile
from typing import Any

from routelab._checks import InputError, atomic_file, existing_file
from routelab.routers._base import TRUSTED_TYPES

_EPOCH = (1980, 1, 1, 0, 0, 0)


def save_router(router: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted router to one ``.skops`` file; the same router gives the same bytes."""
    import skops.io

    with atomic_file(path) as temporary:
        temporary.write_bytes(_undated(skops.io.dumps(router)))


def _undated(archive: bytes) -> bytes:
    """Rewrite a zip archive with its entries in order of name and without dates."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in sorted(source.namelist()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, source.read(name))
    return packed.getvalue()


def load_router(path: str | os.PathLike[str]) -> Any:
    """Load a fitted router; types outside :data:`TRUSTED_TYPES` and skops' own list are refused.

    Raises
    ------
    InputError
        The file is missing, damaged, or holds a type that is not on the list.
    """
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    found = existing_file(path, "router")
    try:
        unknown = set(skops.io.get_untrusted_types(file=found)) - set(TRUSTED_TYPES)
        if unknown:
            raise InputError(
                f"{found}: holds the type {sorted(unknown)[0]}, which no router needs: refused"
            )
        return skops.io.load(found, trusted=TRUSTED_TYPES)
    except (zipfile.BadZipFile, KeyError, OSError, UntrustedTypesFoundException) as error:
        raise InputError(f"{found}: not a stored router, or damaged: {error}") from error


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
