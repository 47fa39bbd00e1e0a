"""The settings of the explore panel."""

from __future__ import annotations

from dataclasses import dataclass

from routelab.ui._explore_edit import Edit
from routelab.ui._settings import SETTINGS, private


@SETTINGS.register("explore")
@dataclass(frozen=True, slots=True)
class ExploreConfig:
    """Settings of the explore panel.

    Attributes
    ----------
    prompt : str
        Kept in no file.
    output_tokens : int
        Of the answer.
    map_of : str
        The router whose answers colour the map; "" for the one whose vectors it shows.
    edit_of : str
        The router whose examples are edited; "" for the first that can be.
    edits : tuple of (str, str, str)
        Examples that were added or removed: what, route, prompt. Kept in no file.
    retargets : tuple of (str, str)
        Routes and the model groups that they are sent to in place of the plan's.
    """

    prompt: str = private()
    output_tokens: int = 300
    map_of: str = ""
    edit_of: str = ""
    edits: tuple[Edit, ...] = private(())
    retargets: tuple[tuple[str, str], ...] = ()
