"""A plan's decisions without routelab: a ``bundle.json`` and one Python file that reads it.

`runtime` is that file, copied into exports as it is; `pack_plan` makes the bundle. What can be
packed registers itself by type in `_encoders` and `_heads`; anything else is a `NotStandalone`.
"""

from routelab.exporters.standalone._base import NotStandalone
from routelab.exporters.standalone.pack import (
    pack_plan,
    pack_router,
    runtime_source,
    write_bundle,
)

__all__ = ["NotStandalone", "pack_plan", "pack_router", "runtime_source", "write_bundle"]
