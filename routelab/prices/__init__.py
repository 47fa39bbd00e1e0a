"""Price lists of models, read into a catalog at a date, and compared between dates."""

from __future__ import annotations

from routelab.prices._diff import diff_prices
from routelab.prices._load import load_prices, read_prices
from routelab.prices.readers import PRICE_READERS

__all__ = ["PRICE_READERS", "diff_prices", "load_prices", "read_prices"]
