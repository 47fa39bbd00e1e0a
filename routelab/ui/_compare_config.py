"""The settings of the compare panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from routelab._checks import InputError
from routelab.ui._settings import SETTINGS, private
from routelab.ui._uploaded import UPLOADED

EVERY = "all classes"
MOST_PER_DAY = 2_000_000_000
#: What is drawn over what as the threshold of labels moves.
CURVES = ("cost", "accuracy")
VIEWS = ("threshold", "figures", "calibration", "slices", "errors")
#: What starts the list of errors from its first page again.
FILTERS = ("router", "truth", "answered", "search", "threshold", "routers", "encoder", "data",
           "table", "uploaded")  # fmt: skip


@SETTINGS.register("compare")
@dataclass(frozen=True, slots=True)
class CompareConfig:
    """Settings of the compare panel.

    Attributes
    ----------
    router : str
        "" for the best of them.
    metric : str
        Column of the comparison's table.
    truth : str
        One true class, or "all classes".
    position : int
        Outcomes only: where on the router's curve to read, in percent of its costs; with two
        models in percent of calls to the strong one.
    view : str
        The tab: threshold, figures, calibration, slices or errors.
    curve : str
        Labels that lead to several groups with prices: "cost" draws the share that is served as
        its label asks over what it costs, "accuracy" that of the answers over the share answered.
    threshold : float
        Labels only: the router answers what it is at least so sure of. Of two tiers: what is at
        least so probably the strong one's goes there.
    per_day : int
        Requests, for the cost.
    answered : str
        Of the errors: one answer, or "all classes".
    search : str
        Of the errors: what their prompts hold. Kept in no file.
    page : int
        Of the errors.
    routers : tuple of str
        What is compared, where there is a choice; so are `encoder` and `data`, the label's column.
    encoder : str
    data : str
    table : str
        File of labels in place of those that the panel was given; "" for these.
    uploaded : str
        What has no file and is known to this panel alone, over that.
    """

    router: str
    metric: str
    truth: str = EVERY
    position: int = 50
    view: str = VIEWS[0]
    curve: str = CURVES[0]
    threshold: float = 0.0
    per_day: int = 10_000
    answered: str = EVERY
    search: str = private("")
    page: int = 1
    routers: tuple[str, ...] = ()
    encoder: str = ""
    data: str = ""
    table: str = ""
    uploaded: str = private("")

    def __post_init__(self) -> None:
        if self.view not in VIEWS:
            raise InputError(f"there is no tab {self.view!r}; there are: {', '.join(VIEWS)}")
        if self.curve not in CURVES:
            raise InputError(f"there is no curve {self.curve!r}; there are: {', '.join(CURVES)}")
        if not 0 <= self.threshold <= 1:
            raise InputError(f"a threshold is between 0 and 1, got {self.threshold!r}")
        if not 0 <= self.position <= 100:
            raise InputError(f"a position is between 0 and 100 percent, got {self.position!r}")
        if not 1 <= self.per_day <= MOST_PER_DAY:
            raise InputError(
                f"there is at least one request a day, at most {MOST_PER_DAY:,}; "
                f"got {self.per_day!r}"
            )


class Key(NamedTuple):
    """Which comparison the settings are about."""

    routers: tuple[str, ...] = ()
    encoder: str = ""
    data: str = ""
    table: str = ""  # an upload's with a prefix


def key_of(config: CompareConfig) -> Key:
    """Return which comparison the settings are about."""
    table = UPLOADED + config.uploaded if config.uploaded else config.table
    return Key(config.routers, config.encoder, config.data, table)


def settings_of(key: Key) -> dict[str, Any]:
    """Return the settings that ask for a comparison.

    Examples
    --------
    >>> settings_of(Key(("knn",), "tfidf", "route", UPLOADED + "mine.csv"))["uploaded"]
    'mine.csv'
    """
    name = key.table.removeprefix(UPLOADED)
    uploaded = name != key.table
    return {"routers": key.routers, "encoder": key.encoder, "data": key.data,
            "table": "" if uploaded else name, "uploaded": name if uploaded else ""}  # fmt: skip
