"""How the kernel is compiled.

Every step of the state machine is folded into :func:`routelab.simulation.kernel.advance`. Two of
these options carry most of the speed: without numba's reference counting (`_nrt`) an inner function
costs no atomic operation per array, and can allocate nothing; folded in (`forceinline`), it takes
its arguments in registers. Without wrappers it cannot be called from Python, and compiles in half
the time. Steps that few requests take stay functions of their own: that keeps the whole small.
"""

from __future__ import annotations

from typing import Any

import numba

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
_INSIDE = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

entry = numba.njit(cache=True, **_OPTIONS)
inner = numba.njit(**_INSIDE)
hot = numba.njit(forceinline=True, **_INSIDE)  # steps that every request takes
