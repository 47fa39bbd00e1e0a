"""Sentence embeddings from an ONNX graph and a tokenizer in one folder."""

from __future__ import annotations

import json
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
from routelab.encoders.static_table import vocabulary_of


@lru_cache(maxsize=2)
def _open(folder: str, max_tokens: int, version: tuple[int, ...]) -> tuple[Any, Any]:
    """Open session and tokenizer; `version` makes a replaced model a different entry."""
    runtime, tokenizers = require("onnxruntime", "onnx"), require("tokenizers", "onnx")
    path = Path(folder)
    try:
        session = runtime.InferenceSession(
            str(path / "model.onnx"), providers=["CPUExecutionProvider"]
        )
        tokenizer = tokenizers.Tokenizer.from_file(str(path / "tokenizer.json"))
    except Exception as error:  # both packages raise their own types
        raise InputError(f"encoder folder {folder!r} cannot be opened: {error}") from error
    tokenizer.enable_truncation(max_tokens)
    tokenizer.enable_padding()
    return session, tokenizer


class OnnxEncoder(PromptEncoder):
    """A transformer in ONNX form: float32 unit rows, (n, width of the model).

    The output named ``emb``, or any output of two dimensions, is taken as pooled; an output of
    three dimensions (the last hidden state) is averaged over the attention mask.

    Parameters
    ----------
    folder : str
        Holds ``model.onnx`` and ``tokenizer.json``. Opened at first use; the open model belongs
        to the process, not to this object, so that cloning and saving stay cheap.
    max_tokens : int, default 256
        Longer prompts are cut.
    batch_size : int, default 32
        Prompts per run; they are sorted by length first, so that little padding is computed.
    """

    learns = False

    def __init__(self, folder: str, max_tokens: int = 256, batch_size: int = 32):
        self.folder = folder
        self.max_tokens = max_tokens
        self.batch_size = batch_size

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return the embeddings (n, d), float32 rows of length one."""
        prompts = check_prompts(X)
        model = existing_file(Path(self.folder) / "model.onnx", "encoder model")
        pieces = existing_file(Path(self.folder) / "tokenizer.json", "tokenizer")
        version = file_version(model, pieces)
        session, tokenizer = _open(str(self.folder), self.max_tokens, version)
        order = np.argsort([len(prompt) for prompt in prompts], kind="stable")
        pooled = [
            _run(session, tokenizer, [prompts[i] for i in order[start : start + self.batch_size]])
            for start in range(0, len(prompts), self.batch_size)
        ]
        if not pooled:
            return np.empty((0, 0), dtype=np.float32)
        rows = np.empty((len(prompts), pooled[0].shape[1]), dtype=np.float32)
        rows[order] = np.vstack(pooled)
        return unit_rows(rows)

    def word_pieces(self) -> tuple[list[str], str]:
        """Return the tokenizer's vocabulary in its order, and the piece of unknown words."""
        pieces = existing_file(Path(self.folder) / "tokenizer.json", "tokenizer")
        return vocabulary_of(json.loads(pieces.read_text(encoding="utf-8")), str(pieces))


def _run(session: Any, tokenizer: Any, prompts: list[str]) -> np.ndarray:
    encoded = tokenizer.encode_batch(prompts)
    arrays = {
        "input_ids": np.array([e.ids for e in encoded], dtype=np.int64),
        "attention_mask": np.array([e.attention_mask for e in encoded], dtype=np.int64),
        "token_type_ids": np.array([e.type_ids for e in encoded], dtype=np.int64),
    }
    wanted = [node.name for node in session.get_inputs()]
    unknown = sorted(set(wanted) - set(arrays))
    if unknown:
        raise InputError(f"the ONNX model wants the input {unknown[0]!r}, which routelab lacks")
    names = [node.name for node in session.get_outputs()]
    output = session.run(
        ["emb" if "emb" in names else names[0]], {name: arrays[name] for name in wanted}
    )[0]
    if output.ndim == 2:
        return output
    mask = arrays["attention_mask"][:, :, None].astype(np.float32)
    return (output * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1.0)


@ENCODERS.register("onnx")
def _make(argument: str) -> OnnxEncoder:
    return OnnxEncoder(need_folder("onnx", argument))
