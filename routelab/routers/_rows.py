"""What heads do with the rows that they are asked about: check them, scale them to length one.

A decision is a few microseconds of arithmetic. scikit-learn's general checks take a hundred times
that, so rows that need none of them are recognised first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted, validate_data

FLOATS = [np.float64, np.float32]


class SparseInputMixin:
    """A head that reads csr rows as well as dense ones; stands left of scikit-learn's mixins."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.sparse = True
        return tags


def asked_rows(head: Any, X: Any, *, sparse: bool = True) -> Any:
    """Return rows (n, d) for a fitted head, dense or csr of floats, as `validate_data` would.

    Raises
    ------
    NotFittedError
        The head is not fitted.
    ValueError
        The width is another than in `fit`, a number is NaN or infinite, or there are no rows.

    Examples
    --------
    >>> from routelab.routers import CentroidHead
    >>> head = CentroidHead().fit([[1.0, 0.0], [0.0, 1.0]], ["a", "b"])
    >>> asked_rows(head, [[1, 2]]).dtype.name
    'float64'
    """
    check_is_fitted(head)
    if _is_plain(head, X, sparse):
        return X
    accepted = "csr" if sparse else False
    return validate_data(head, X, accept_sparse=accepted, dtype=FLOATS, reset=False)


def _is_plain(head: Any, X: Any, sparse: bool) -> bool:
    """Return whether the general checks would find nothing: they may still be made if not."""
    if type(X) is np.ndarray:
        values = X
    elif sparse and isinstance(X, sp.csr_matrix | sp.csr_array):
        values = X.data
        if X.indices.dtype != np.int32:
            return False
    else:
        return False
    fits = X.ndim == 2 and X.shape[0] > 0
    if not fits or X.shape[1] != head.n_features_in_ or values.dtype not in FLOATS:
        return False
    # One sum in place of a look at each number; a sum that overflows is looked at again.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(values.sum()))


def unit(rows: Any) -> Any:
    """Return numeric rows (n, d), dense or csr, scaled to length one; zeros stay zeros.

    Examples
    --------
    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    if sp.issparse(rows):
        scaled = rows.tocsr(copy=True)
        owner = np.repeat(np.arange(scaled.shape[0]), np.diff(scaled.indptr))
        squares = np.bincount(owner, scaled.data**2, minlength=scaled.shape[0])
        scaled.data /= _lengths(squares)[owner].astype(scaled.dtype)
        return scaled
    dense = np.asarray(rows)
    if dense.dtype not in FLOATS:
        dense = dense.astype(np.float64)
    return dense / _lengths(np.einsum("ij,ij->i", dense, dense))[:, None]


def _lengths(squares: np.ndarray) -> np.ndarray:
    lengths = np.sqrt(squares)
    lengths[lengths == 0] = 1.0
    return lengths
