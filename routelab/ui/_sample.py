"""What a panel shows of data that is too large to be touched: a sample, and the words for it."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Rows that a panel can replay, project or draw within a touch.
ROWS_SHOWN = 20_000


def sampled(
    frame: pd.DataFrame, what: str, *, limit: int = ROWS_SHOWN, seed: int = 0
) -> tuple[pd.DataFrame, str]:
    """Return at most `limit` rows in their order, and what to say of it.

    Parameters
    ----------
    frame : DataFrame
    what : str
        What a row is, in the plural.
    limit : int, default 20,000
    seed : int, default 0
        The same seed draws the same rows.

    Returns
    -------
    frame : DataFrame
        The same object when it is small enough.
    told : str
        "" when nothing was left out.

    Examples
    --------
    >>> few, told = sampled(pd.DataFrame({"n": range(1000)}), "prompts", limit=10)
    >>> len(few), told
    (10, 'A sample of 10 of 1,000 prompts.')
    """
    if len(frame) <= limit:
        return frame, ""
    rows = np.random.default_rng(seed).choice(len(frame), limit, replace=False)
    told = f"A sample of {limit:,} of {len(frame):,} {what}."
    return frame.iloc[np.sort(rows)], told
