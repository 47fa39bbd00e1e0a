"""Counter-based random numbers.

The same (seed, request, target, attempt) always draws the same number.

Two plans therefore meet the same luck, and any order of work gives the same answer. The mixing
function is splitmix64's finaliser (Steele, Lea and Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014).
"""

from __future__ import annotations

import numpy as np

from routelab.simulation.jit import hot

FAIL, PICK, JITTER, SPREAD = 1, 2, 3, 4


@hot
def _mix(x):
    x = np.uint64(x)
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


@hot
def uniform(seed, purpose, request, target, attempt):
    """Return a number in [0, 1) that depends on the arguments alone."""
    golden = np.uint64(0x9E3779B97F4A7C15)
    x = _mix(np.uint64(seed) * golden + np.uint64(purpose))
    x = _mix(x ^ (np.uint64(request + 1) * golden))
    x = _mix(x ^ (np.uint64(target + 1) * golden))
    x = _mix(x ^ (np.uint64(attempt + 1) * golden))
    return np.float64(x >> np.uint64(11)) * (1.0 / 9007199254740992.0)
