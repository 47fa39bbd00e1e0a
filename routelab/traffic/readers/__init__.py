"""One module per log format; each registers itself in :data:`READERS` when imported."""

from __future__ import annotations

from routelab.traffic.readers._base import READERS, Kinds, Parsed, Reader

__all__ = ["READERS", "Kinds", "Parsed", "Reader"]
