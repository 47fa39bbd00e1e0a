"""Sentence embeddings of the sentence-transformers package: any model folder or hub name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from routelab._checks import InputError, require
from routelab.encoders._base import (
    ENCODERS,
    PromptEncoder,
    check_prompts,
    file_version,
    unit_rows,
)

_BATCHES_AT_A_TIME = 16  # the package sorts these by length; the bar moves after them


@lru_cache(maxsize=2)
def _open(name: str, version: tuple[int, ...]) -> Any:
    """Open a model; `version` makes a folder whose files were replaced a different entry."""
    package = require("sentence_transformers", "sentence-transformers")
    try:
        return package.SentenceTransformer(name)
    except Exception as error:  # torch, the hub and the file system raise their own types
        raise InputError(
            f"encoder 'sentence-transformers:{name}' cannot be opened: {error}"
        ) from error


class SentenceTransformersEncoder(PromptEncoder):
    """A model of the sentence-transformers package: float32 unit rows, (n, width of the model).

    Runs on torch, on a GPU where there is one. `OnnxEncoder` needs neither for models in ONNX form.
    Longer prompts than the model reads are cut by the package; an empty one is a text like others.

    Parameters
    ----------
    name : str
        A folder, or a name on the hub such as "sentence-transformers/all-MiniLM-L6-v2". Opened at
        first use and kept by the process, so that clones and folds do not load it again. Code that
        a hub model brings along is not run; before its version 6 the package runs that of a folder.
    batch_size : int, default 32
        Prompts per run of the model.
    """

    learns = False

    def __init__(self, name: str, batch_size: int = 32):
        self.name = name
        self.batch_size = batch_size

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return the embeddings (n, d), float32 rows of length one.

        Raises
        ------
        InputError
            The package is not installed, or the model cannot be opened.
        """
        from tqdm.auto import tqdm

        prompts = check_prompts(X)
        if not prompts:
            return np.empty((0, 0), dtype=np.float32)
        model = _open(str(self.name), _version(Path(self.name)))
        block = _BATCHES_AT_A_TIME * self.batch_size
        rows = []
        with tqdm(total=len(prompts), desc="encode", delay=2, leave=False) as bar:
            for start in range(0, len(prompts), block):
                part = prompts[start : start + block]
                vectors = model.encode(part, batch_size=self.batch_size, show_progress_bar=False)
                rows.append(np.asarray(vectors, np.float32))
                bar.update(len(part))
        return unit_rows(np.vstack(rows))


def _version(folder: Path) -> tuple[int, ...]:
    return file_version(*sorted(p for p in folder.rglob("*") if p.is_file()))


@ENCODERS.register("sentence-transformers")
def _make(argument: str) -> SentenceTransformersEncoder:
    if not argument:
        raise InputError(
            "encoder 'sentence-transformers' needs a name: "
            "write 'sentence-transformers:<folder or hub name>'"
        )
    return SentenceTransformersEncoder(argument)
