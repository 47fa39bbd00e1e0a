"""Several logged rows of one client request become one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab.reading.repeats import repeated


def merge_attempts(frame: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """Fold rows with the same `call_id` into one request.

    The last success stays, or the last failure where there is none. It takes the earliest stamp of
    its group, which is when the client asked, and becomes ``censored``: what the request would have
    met without the failed attempt cannot be seen in the log. Model, tokens, latency and cost are
    those of the row that stays.

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
    several = frame.loc[groups, ["call_id", "timestamp", "status"]]
    succeeded = (several["status"] < 400).astype(int)
    order = several.assign(succeeded=succeeded).sort_values(
        ["succeeded", "timestamp"], kind="stable"
    )
    stays = order.groupby("call_id", sort=False).tail(1).index
    out = frame.copy()
    out.loc[stays, "timestamp"] = several.groupby("call_id")["timestamp"].transform("min")[stays]
    out.loc[stays, "censored"] = True
    kept[groups] = False
    kept[stays] = True
    merged = int((~kept).sum())
    note = (
        f"{merged} rows are further attempts of {len(stays)} client requests (same call id): "
        "merged, censored=True"
    )
    return out[kept].drop(columns="call_id"), kept, [note]
