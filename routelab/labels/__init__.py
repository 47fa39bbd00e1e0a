"""Prompts with a label each: a route, an intent, or a level of complexity.

A new kind of label set is one class in `readers/`, registered in `LABEL_READERS`.
"""

from __future__ import annotations

from routelab.labels._load import load_labels, read_labels
from routelab.labels._order import ordinal_order
from routelab.labels.readers import LABEL_NAMES, LABEL_READERS, PROMPT_NAMES

__all__ = [
    "LABEL_NAMES",
    "LABEL_READERS",
    "PROMPT_NAMES",
    "load_labels",
    "ordinal_order",
    "read_labels",
]
