"""Checks of the file itself. What they find stops the reading, so they find nothing later."""

from __future__ import annotations

from collections.abc import Iterator

from routelab.exporters._lint._base import Spot, check
from routelab.exporters._lint._config import Config


def _nothing(config: Config) -> Iterator[Spot]:
    """Yield nothing: ``lint`` reports these while it reads."""
    yield from ()


check(
    "RL001",
    "not-yaml",
    "error",
    why="the proxy does not start, or runs out of memory",
    fix="mend the YAML at this place",
)(_nothing)
check(
    "RL002",
    "repeated-key",
    "error",
    why="the proxy keeps the last one and drops the others in silence",
    fix="merge the two",
)(_nothing)
check(
    "RL003",
    "empty",
    "error",
    why="a config is a mapping of sections; the proxy does not start",
    fix="write model_list: and models",
)(_nothing)
check(
    "RL004",
    "too-large",
    "error",
    why="the proxy reads a file of this size for minutes at each start",
    fix="split the file with include:, or keep models in the database",
)(_nothing)


@check(
    "RL005",
    "include-not-followed",
    "note",
    why="models of other files are not seen here: unknown names are warnings",
    fix="check the included files as well",
)
def include_not_followed(config: Config) -> Iterator[Spot]:
    """Yield an include."""
    if "include" in config.data:
        yield Spot(("include",), "included files are not followed")
