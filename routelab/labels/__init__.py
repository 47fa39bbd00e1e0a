"""Prompts with a label each: a route, an intent, or a level of complexity."""

from __future__ import annotations

from routelab.labels._read import LABEL_NAMES, PROMPT_NAMES, ordinal_order, read_labels

__all__ = ["LABEL_NAMES", "PROMPT_NAMES", "ordinal_order", "read_labels"]
