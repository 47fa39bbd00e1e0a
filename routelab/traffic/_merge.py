"""Several logged rows of one client request become one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab.reading.repeats import repeated


def merge_attempts(frame: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """Fold rows with the same `call_id` into one request, see :func:`fold`.

    Returns
    -------
    frame : DataFrame
        Without `call_id`.
    kept : bool array of shape (n_rows,)
        Which of the given rows stayed.
    notes : list of str
        One warning with the counts, or nothing.
    """
    kept = np.ones(len(frame), dtype=bool)
    if "call_id" not in frame:
        return frame, kept, []
    groups = repeated(frame["call_id"])
    if not groups.any():
        return frame.drop(columns="call_id"), kept, []
    stays, first = fold(frame.loc[groups, ["call_id", "timestamp", "status"]])
    out = frame.copy()
    out.loc[stays, "timestamp"] = first
    out.loc[stays, "censored"] = True
    kept[groups] = False
    kept[stays] = True
    return out[kept].drop(columns="call_id"), kept, [merge_note(int((~kept).sum()), len(stays))]


def fold(several: pd.DataFrame) -> tuple[pd.Index, pd.Series]:
    """Choose one row per `call_id`, and its stamp.

    The last success stays, or the last failure where there is none. It takes the earliest stamp of
    its group, which is when the client asked, and becomes ``censored``: what the request would have
    met without the failed attempt cannot be seen in the log. Model, tokens, latency and cost are
    those of the row that stays.

    Parameters
    ----------
    several : DataFrame of shape (n_rows, 3)
        `call_id`, `timestamp`, `status` of rows that share their call id with another row.

    Returns
    -------
    stays : Index
        Labels of the rows that stay, one per call id.
    first : Series
        The earliest stamp of each one's group.
    """
    succeeded = (several["status"] < 400).astype(int)
    order = several.assign(succeeded=succeeded).sort_values(
        ["succeeded", "timestamp"], kind="stable"
    )
    stays = order.groupby("call_id", sort=False).tail(1).index
    return stays, several.groupby("call_id")["timestamp"].transform("min")[stays]


def merge_note(merged: int, requests: int) -> str:
    """Say what was merged."""
    return (
        f"{merged} rows are further attempts of {requests} client requests (same call id): "
        "merged, censored=True"
    )
