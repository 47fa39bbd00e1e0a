"""Static embeddings: the mean of one table row per word piece, no transformer pass."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from routelab._checks import InputError, existing_file, require
from routelab.encoders._base import (
    ENCODERS,
    PromptEncoder,
    check_prompts,
    file_version,
    need_folder,
    unit_rows,
)


@lru_cache(maxsize=4)
def _open(folder: str, version: tuple[int, ...]) -> tuple[Any, np.ndarray, int | None]:
    """Open tokenizer and table (vocabulary, d), and find the id of the unknown piece.

    `version` makes a replaced model a different entry.
    """
    tokenizers, safe = require("tokenizers", "static"), require("safetensors.numpy", "static")
    path = Path(folder)
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(path / "tokenizer.json"))
        tensors = safe.load_file(str(path / "model.safetensors"))
    except Exception as error:  # both packages raise their own types
        raise InputError(f"encoder folder {folder!r} cannot be opened: {error}") from error
    if "embeddings" not in tensors:
        raise InputError(
            f"{str(path / 'model.safetensors')!r} holds no tensor 'embeddings', "
            f"only {', '.join(sorted(tensors)) or 'nothing'}"
        )
    table = tensors["embeddings"].astype(np.float32)
    if "weights" in tensors:
        table *= tensors["weights"].astype(np.float32)[:, None]
    if tokenizer.get_vocab_size() > len(table):
        raise InputError(
            f"encoder folder {folder!r}: the tokenizer has {tokenizer.get_vocab_size()} pieces, "
            f"the table {len(table)} rows"
        )
    tokenizer.no_padding()
    return tokenizer, table, tokenizer.token_to_id("[UNK]")


class StaticEncoder(PromptEncoder):
    """A model2vec-format table: float32 unit rows, (n, width of the table).

    Parameters
    ----------
    folder : str
        Holds ``model.safetensors`` (tensor ``embeddings``, optionally ``weights``) and
        ``tokenizer.json``. Opened at first use and kept by the process, not by this object.
    max_tokens : int, default 512
        Word pieces beyond this are left out. Unknown pieces are left out too; a prompt of
        nothing else is a row of zeros.
    """

    learns = False

    def __init__(self, folder: str, max_tokens: int = 512):
        self.folder = folder
        self.max_tokens = max_tokens

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return the embeddings (n, d), float32 rows of length one."""
        prompts = check_prompts(X)
        model = existing_file(Path(self.folder) / "model.safetensors", "encoder model")
        pieces = existing_file(Path(self.folder) / "tokenizer.json", "tokenizer")
        tokenizer, table, unknown = _open(str(self.folder), file_version(model, pieces))
        rows = np.zeros((len(prompts), table.shape[1]), dtype=np.float32)
        encoded = tokenizer.encode_batch(prompts, add_special_tokens=False)
        for row, prompt in zip(rows, encoded, strict=True):
            ids = [i for i in prompt.ids if i != unknown][: self.max_tokens]
            if ids:
                row[:] = table[ids].mean(axis=0)
        return unit_rows(rows)


@ENCODERS.register("static")
def _make(argument: str) -> StaticEncoder:
    return StaticEncoder(need_folder("static", argument))
