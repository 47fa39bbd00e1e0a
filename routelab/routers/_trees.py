"""Boosted trees as plain arrays.

Stored scikit-learn trees are read without a check of their indices; arrays hold numbers only, and
indexing them is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

BLOCK = 1000  # rows scored at once


def tree_arrays(trees: Sequence[Any], learning_rate: float) -> dict[str, np.ndarray]:
    """Return fitted regression trees as arrays (trees, nodes), padded to one number of nodes.

    At a node, a row goes to node ``below`` where its ``column`` is at most the ``cut``, else to
    ``above``; a leaf leads to itself and adds its ``value``.
    """
    grown = [tree.tree_ for tree in trees]
    shape = (len(grown), max(tree.node_count for tree in grown))
    arrays = {name: np.zeros(shape, np.int32) for name in ("column", "below", "above")}
    arrays |= {name: np.zeros(shape) for name in ("cut", "value")}
    for row, tree in enumerate(grown):
        nodes = slice(tree.node_count)
        itself = np.arange(tree.node_count)
        leaf = tree.children_left < 0
        arrays["column"][row, nodes] = np.where(leaf, 0, tree.feature)
        arrays["cut"][row, nodes] = tree.threshold
        arrays["below"][row, nodes] = np.where(leaf, itself, tree.children_left)
        arrays["above"][row, nodes] = np.where(leaf, itself, tree.children_right)
        arrays["value"][row, nodes] = learning_rate * tree.value[:, 0, 0]
    return arrays


def tree_sums(rows: np.ndarray, arrays: dict[str, np.ndarray], outputs: int, depth: int) -> Any:
    """Return what the trees add up to (n, outputs); tree t adds to output t % outputs.

    Parameters
    ----------
    rows : float32 array (n, d)
    arrays : dict
        From `tree_arrays`.
    outputs : int
    depth : int
        Of the deepest tree.
    """
    tree = np.arange(len(arrays["value"]))[None, :]
    sums = np.empty((len(rows), outputs))
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        row = np.arange(len(block))[:, None]
        node = np.zeros((len(block), tree.shape[1]), np.int32)
        for _ in range(depth):
            small = block[row, arrays["column"][tree, node]] <= arrays["cut"][tree, node]
            node = np.where(small, arrays["below"][tree, node], arrays["above"][tree, node])
        added = arrays["value"][tree, node].reshape(len(block), -1, outputs)
        sums[start : start + BLOCK] = added.sum(axis=1)
    return sums
