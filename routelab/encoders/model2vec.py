"""Static models of the model2vec package: any tokenizer, and names on its hub."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from routelab._checks import InputError, require
from routelab.encoders._base import ENCODERS, PromptEncoder, check_prompts, unit_rows


@lru_cache(maxsize=2)
def _open(name: str) -> Any:
    package = require("model2vec", "model2vec")
    try:
        return package.StaticModel.from_pretrained(name)
    except Exception as error:  # the hub, the file system and two parsers raise their own types
        raise InputError(f"encoder 'model2vec:{name}' cannot be opened: {error}") from error


class Model2vecEncoder(PromptEncoder):
    """A static model read by model2vec: float32 unit rows, (n, width of the model).

    For folders with an uncased BERT tokenizer `StaticEncoder` gives the same directions and is
    many times faster; this one reads every tokenizer, and downloads names that it does not know.

    Parameters
    ----------
    name : str
        A folder, or a name on the hub such as "minishlab/potion-base-8M". Opened at first use and
        kept by the process.
    """

    learns = False

    def __init__(self, name: str):
        self.name = name

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return the embeddings (n, d), float32 rows of length one."""
        prompts = check_prompts(X)
        return unit_rows(np.asarray(_open(str(self.name)).encode(prompts), np.float32))


@ENCODERS.register("model2vec")
def _make(argument: str) -> Model2vecEncoder:
    if not argument:
        raise InputError("encoder 'model2vec' needs a name: write 'model2vec:<folder or hub name>'")
    return Model2vecEncoder(argument)
