"""Propensities of an A/B split, from its own shares, ramp and layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.off_policy._log import column
from routelab.split import assign, ramp_shares

if TYPE_CHECKING:
    from routelab.plan import Split


def split_propensities(
    split: Split,
    units: Sequence[str],
    times: Iterable[object] | None = None,
    *,
    given_reached: bool = False,
) -> pd.DataFrame:
    """Return the probability with which a split puts each request into each arm.

    Over the draw of the hash, a request meets an arm with the probability: width of the split's
    part of its layer, times the ramp's share at that time, times the arm's share. What a row lacks
    to 1 is the probability to stay outside the split. The units' own places play no part: the
    probability is what could have happened, not what did.

    Parameters
    ----------
    split : Split
    units : sequence of str, length n
        Users, sessions or request ids.
    times : sequence of timestamps, length n, optional
        When each request came; needed when the split has a ramp. Without a zone: UTC.
    given_reached : bool, default False
        Among the requests that the split reaches: the arms' shares alone.

    Returns
    -------
    DataFrame of shape (n, arms)
        Arms in the order of the plan.

    Raises
    ------
    InputError
        A ramp without times, or times of another length.

    Examples
    --------
    Half of the layer, a tenth exposed at first, half of them in each arm.

    >>> from routelab.plan import Split
    >>> split = Split(name="cheaper-mini", arms={"old": {"share": 0.5}, "new": {"share": 0.5}},
    ...               layer="pricing", layer_range=(0, 0.5),
    ...               ramp=[{"from": "2026-03-01", "share": 0.1},
    ...                     {"from": "2026-03-08", "share": 1}])
    >>> split_propensities(split, ["a", "b"], ["2026-03-02", "2026-03-09"])["new"].tolist()
    [0.025, 0.25]
    """
    n = len(units)
    reach = np.ones(n)
    if not given_reached:
        low, high = split.layer_range
        reach = (high - low) * ramp_shares(split, n, times)
    return pd.DataFrame({name: reach * arm.share for name, arm in split.arms.items()})


def split_log(frame: pd.DataFrame, split: Any, notes: list[str]) -> pd.DataFrame:
    """Return the requests that a split reached, with `arm` and `propensity` (given that it did).

    Parameters
    ----------
    frame : DataFrame
        With a column ``arm`` (such as `Replay.decisions`), else with that of the split's unit (and
        ``timestamp`` when there is a ramp), from which the arms are found again.
    split : Split, or Plan with a split
    notes : list of str
        What was left out is added here.
    """
    split = getattr(split, "split", split)
    if split is None:
        raise InputError("the plan has no split")
    if "arm" in frame.columns:
        arms = frame["arm"].astype("object")
    else:
        arms = pd.Series(_assigned(frame, split), index=frame.index, dtype="object")
    inside = arms.notna().to_numpy()
    if not inside.any():
        raise InputError(f"the split {split.name!r} reached none of the {len(frame):,} rows")
    if not inside.all():
        notes.append(
            f"{(~inside).sum():,} of {len(frame):,} rows were not reached by the split "
            f"{split.name!r} and are left out"
        )
    reached = frame[inside].assign(arm=arms[inside].astype(str))
    odd = ~reached["arm"].isin(list(split.arms)).to_numpy()
    if odd.any():
        raise InputError(
            f"the log holds the arm {reached['arm'].iloc[int(np.argmax(odd))]!r}, which the split "
            f"{split.name!r} does not have: {', '.join(split.arms)}"
        )
    # Given that the ramp and the layer reached a request, its arm depends on the shares alone.
    table = split_propensities(split, reached["arm"].tolist(), given_reached=True)
    codes = table.columns.get_indexer(pd.Index(reached["arm"]))
    return reached.assign(propensity=table.to_numpy()[np.arange(len(reached)), codes])


def _assigned(frame: pd.DataFrame, split: Split) -> list[str | None]:
    """Find the arms of a log that does not hold them."""
    if split.models is not None:
        raise InputError(
            f"the split {split.name!r} concerns some model groups only: the log needs its column "
            "'arm' to tell which requests it reached"
        )
    units = column(frame, split.by, "split's unit")
    if units.isna().any():
        row = frame.index[int(np.argmax(units.isna().to_numpy()))]
        raise InputError(f"column {split.by!r} has no unit in row {row!r}: the arm is unknown")
    times = column(frame, "timestamp", "split's ramp") if split.ramp else None
    return assign(split, units.astype(str).tolist(), times)
