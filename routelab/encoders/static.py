"""Static embeddings: one table row per word piece, no transformer pass."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np

from routelab._checks import existing_file
from routelab.encoders._base import (
    ENCODERS,
    PromptEncoder,
    check_prompts,
    file_version,
    need_folder,
)
from routelab.encoders.static_table import StaticTable


@lru_cache(maxsize=4)
def _open(folder: str, version: tuple[int, ...]) -> StaticTable:
    """Open a folder once; `version` makes a replaced model a different entry."""
    return StaticTable.load(folder)


# Without scikit-learn's wrapper around `transform`, which takes as long as the arithmetic.
class StaticEncoder(PromptEncoder, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """A table of word-piece vectors: float32 unit rows, (n, width of the table).

    Parameters
    ----------
    source : str or StaticTable
        A folder in model2vec's layout (``model.safetensors``, ``tokenizer.json`` of an uncased
        BERT tokenizer), opened at first use and kept by the process, not by this object; or a
        table, which is stored with the router.
    max_tokens : int, default 512
        Word pieces beyond this are left out. Unknown words are left out too; a prompt of nothing
        else is a row of zeros.

    Examples
    --------
    >>> table = StaticTable(["sort", "poem"], np.eye(2))
    >>> StaticEncoder(table).transform(["sort it"]).tolist()
    [[1.0, 0.0]]
    """

    learns = False

    def __init__(self, source: str | StaticTable, max_tokens: int = 512):
        self.source = source
        self.max_tokens = max_tokens

    def table(self) -> StaticTable:
        """Return the table, read from its folder where `source` is one."""
        if isinstance(self.source, StaticTable):
            return self.source
        folder = str(self.source)
        files = {"model.safetensors": "encoder model", "tokenizer.json": "tokenizer"}
        try:  # a decision takes microseconds: no more than one look at each file
            version = file_version(*(f"{folder}/{name}" for name in files))
        except OSError:
            for name, what in files.items():
                existing_file(Path(folder) / name, what)
            raise
        return _open(folder, version)

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return the embeddings (n, d), float32 rows of length one."""
        return self.table().vectors(check_prompts(X), self.max_tokens)


@ENCODERS.register("static")
def _make(argument: str) -> StaticEncoder:
    return StaticEncoder(need_folder("static", argument))
