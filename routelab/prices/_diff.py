"""What changed between two price lists."""

from __future__ import annotations

import pandas as pd

from routelab.catalog import Catalog

_PRICES = {
    "input": "input_usd_per_mtok",
    "output": "output_usd_per_mtok",
    "cached_input": "cached_input_usd_per_mtok",
}


def diff_prices(before: Catalog, after: Catalog) -> pd.DataFrame:
    """Return the models that came, went, or changed a price.

    Parameters
    ----------
    before, after : Catalog

    Returns
    -------
    DataFrame of shape (n_changes, 5)
        `model`, `change` (``"added"``, ``"removed"``, ``"changed"``), `price` (``"input"``,
        ``"output"``, ``"cached_input"``; NA for models that came or went), `before`, `after` (USD
        per million tokens, NaN where there is none) and `ratio` (after / before). In the order of
        `before`, then of `after`.

    Examples
    --------
    >>> from routelab import Catalog, Model
    >>> old = Catalog([Model("a", "x", 2, 8), Model("b", "x", 1, 1)])
    >>> new = Catalog([Model("a", "x", 1, 8), Model("c", "x", 1, 1)])
    >>> diff_prices(old, new)[["model", "change", "ratio"]].values.tolist()
    [['a', 'changed', 0.5], ['b', 'removed', nan], ['c', 'added', nan]]
    """
    rows: list[tuple[object, ...]] = []
    for name in before:
        if name not in after:
            rows.append((name, "removed", None, None, None))
            continue
        for price, field in _PRICES.items():
            old, new = getattr(before[name], field), getattr(after[name], field)
            if old != new:
                rows.append((name, "changed", price, old, new))
    rows += [(name, "added", None, None, None) for name in after if name not in before]
    frame = pd.DataFrame(rows, columns=["model", "change", "price", "before", "after"])
    for name in ("before", "after"):
        frame[name] = frame[name].astype("float64")
    for name in ("model", "change", "price"):
        frame[name] = frame[name].astype("string")
    frame["ratio"] = frame["after"] / frame["before"]
    return frame
