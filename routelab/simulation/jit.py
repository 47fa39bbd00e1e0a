"""How the kernel is compiled.

The kernel's tables reach its entry as named tuples of arrays. Handed on like that, each of them
would cost numba seven values per array, in every call between functions: half a minute to compile,
and microseconds per request. :func:`borrow` keeps the tuple where it is and hands its address on;
attributes are read through it. Inner functions are compiled without reference counting, so that
reading costs no atomic operation; they can allocate nothing, and have no use for it.
"""

from __future__ import annotations

from typing import Any

import numba
from numba import types
from numba.core import cgutils
from numba.core.typing.builtins import infer_getattr
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    intrinsic,
    lower_getattr_generic,
    models,
    overload,
    register_model,
)

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_INSIDE = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}

entry = numba.njit(cache=True, **_OPTIONS)
inner = numba.njit(**_INSIDE)
hot = numba.njit(forceinline=True, **_INSIDE)  # every request takes these steps


class Borrowed(types.Type):
    """The address of a named tuple of arrays that outlives its use."""

    def __init__(self, fields: types.NamedTuple):
        self.fields = fields
        super().__init__(f"Borrowed({fields.name})")


@register_model(Borrowed)
class _Address(models.OpaqueModel):
    pass


@infer_getattr
class _Attributes(AttributeTemplate):
    key = Borrowed

    def generic_resolve(  # type: ignore[override]
        self, borrowed: Borrowed, name: str
    ) -> types.Type | None:
        names = borrowed.fields.fields
        return borrowed.fields.types[names.index(name)] if name in names else None


@lower_getattr_generic(Borrowed)
def _read(context: Any, builder: Any, borrowed: Borrowed, address: Any, name: str) -> Any:
    layout = context.get_value_type(borrowed.fields)
    place = builder.bitcast(address, layout.as_pointer())
    field = borrowed.fields.fields.index(name)
    return builder.load(cgutils.gep_inbounds(builder, place, 0, field))


@intrinsic
def _borrow(typing_context: Any, fields: types.NamedTuple) -> Any:
    def keep(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = cgutils.alloca_once_value(builder, arguments[0])
        return builder.bitcast(place, cgutils.voidptr_t)

    return Borrowed(fields)(fields), keep


def borrow(fields: Any) -> Any:
    """Return the address of a named tuple, for as long as the calling function runs."""
    return fields


@overload(borrow, inline="always")
def _compiled_borrow(fields):
    def compiled(fields):
        return _borrow(fields)  # type: ignore[call-arg]

    return compiled
