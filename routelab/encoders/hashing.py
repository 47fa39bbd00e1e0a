"""Hashed words and characters: nothing to learn, so that folds and processes agree by design."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import normalize

from routelab.encoders._base import ENCODERS, PromptEncoder, check_prompts, no_argument
from routelab.encoders.tfidf import TOKEN


class HashingEncoder(PromptEncoder):
    """Words (1-2) and characters within words (2-5), hashed into a fixed number of columns.

    Parameters
    ----------
    n_features : int, default 2**18
        Columns for words, and again as many for characters.

    Examples
    --------
    >>> HashingEncoder(n_features=1024).transform(["sort a list"]).shape
    (1, 2048)
    """

    learns = False

    def __init__(self, n_features: int = 2**18):
        self.n_features = n_features

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """Return rows (n, 2 * n_features), float32 csr of length one."""
        prompts = check_prompts(X)
        shared = {"n_features": self.n_features, "dtype": np.float32}
        words = HashingVectorizer(ngram_range=(1, 2), token_pattern=TOKEN, **shared)
        chars = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), **shared)
        both = [words.transform(prompts), chars.transform(prompts)]
        return normalize(sp.hstack(both, format="csr", dtype=np.float32), copy=False)


@ENCODERS.register("hashing")
def _make(argument: str) -> HashingEncoder:
    no_argument("hashing", argument)
    return HashingEncoder()
