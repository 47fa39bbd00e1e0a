"""A table of vectors for word pieces, and optionally for pairs of them: text to vectors, fast."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from routelab._checks import InputError, atomic_folder, existing_file, require
from routelab.encoders import _wordpiece as wordpiece
from routelab.encoders._bert_text import bert_text, is_plain

_PARALLEL = 2048  # prompts from which on a second thread pays


class StaticTable:
    """Vectors for word pieces of an uncased BERT vocabulary; immutable.

    The vector of a prompt is offset + (sum of its pieces' rows + sum of its pairs' rows) /
    sqrt(number of pieces), scaled to length one. Without pairs and offset that is the direction of
    the mean, as in model2vec.

    Rows are rounded to float16, as they are stored, so that a table decides the same before it is
    stored and after; sums are of float32.

    Parameters
    ----------
    pieces : sequence of str
        The vocabulary; "##" marks a piece inside a word.
    rows : ndarray (pieces, d)
    unknown : str, default "[UNK]"
        The piece of unknown words, which adds nothing.
    pairs : ndarray (m, 2), optional
        Places in `pieces` of two neighbours.
    pair_rows : ndarray (m, d), optional
    offset : ndarray (d,), optional

    Raises
    ------
    InputError
        Shapes do not fit, or a number is NaN, infinite or, in a row, beyond float16's 65,504.

    Examples
    --------
    >>> table = StaticTable(["sort", "poem", "##s"], np.eye(3))
    >>> table.vectors(["Sort!", "poems", "?"]).round(2).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.7099999785423279, 0.7099999785423279], [0.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        pieces: Sequence[str],
        rows: np.ndarray,
        *,
        unknown: str = "[UNK]",
        pairs: np.ndarray | None = None,
        pair_rows: np.ndarray | None = None,
        offset: np.ndarray | None = None,
    ):
        self.pieces = list(pieces)
        self.rows = _as_stored(rows)
        if self.rows.ndim != 2 or len(self.rows) != len(self.pieces):
            raise InputError(f"{len(self.pieces)} word pieces need as many rows, got {rows.shape}")
        width = self.rows.shape[1]
        self.unknown = unknown
        if unknown in self.pieces:
            self.rows[self.pieces.index(unknown)] = 0
        self.pairs = np.array(np.empty((0, 2)) if pairs is None else pairs, np.int64)
        given = np.empty((0, width)) if pair_rows is None else pair_rows
        self.pair_rows = _as_stored(given)
        if self.pair_rows.shape != (len(self.pairs), width):
            raise InputError(
                f"{len(self.pairs)} pairs need rows of width {width}, got {given.shape}"
            )
        self.offset = np.array(np.zeros(width) if offset is None else offset, np.float32)
        for array in (self.rows, self.pair_rows, self.offset):
            if not np.isfinite(array).all():
                raise InputError("a static table holds numbers only, got NaN or infinity")

    @cached_property
    def _vocabulary(self) -> tuple[np.ndarray, np.ndarray]:
        return wordpiece.vocabulary_table(self.pieces)

    @cached_property
    def _pair_table(self) -> tuple[np.ndarray, np.ndarray]:
        left, right = self.pairs.T.astype(np.uint64)
        with np.errstate(over="ignore"):
            hashes = (left << np.uint64(32) | right) * np.uint64(wordpiece._PRIME)
        return wordpiece.hash_table(hashes)

    def ids(self, prompts: Sequence[str], max_tokens: int = 512) -> list[np.ndarray]:
        """Return the known word pieces of each prompt, as places in `pieces`."""
        data, bounds = _normalised(prompts)
        ids, starts = wordpiece.piece_ids(
            data, bounds, wordpiece.KIND, wordpiece.LOWER, *self._vocabulary, max_tokens
        )
        return [ids[start:end] for start, end in pairwise(starts)]

    def vectors(self, prompts: Sequence[str], max_tokens: int = 512) -> np.ndarray:
        """Return the vectors (n, d), float32 of length one; zeros without a known piece."""
        out = np.empty((len(prompts), self.rows.shape[1]), np.float32)
        if len(prompts) < _PARALLEL:
            self._write(prompts, max_tokens, out)
            return out
        self._vocabulary, self._pair_table  # noqa: B018 - built once, before the threads start
        step = -(-len(prompts) // (os.cpu_count() or 1))
        with ThreadPoolExecutor() as pool:
            parts = range(0, len(prompts), step)
            done = [
                pool.submit(self._write, prompts[i : i + step], max_tokens, out[i : i + step])
                for i in parts
            ]
            for part in done:
                part.result()
        return out

    def _write(self, prompts: Sequence[str], max_tokens: int, out: np.ndarray) -> None:
        data, bounds = _normalised(prompts)
        wordpiece.pool(
            data,
            bounds,
            wordpiece.KIND,
            wordpiece.LOWER,
            *self._vocabulary,
            self.rows,
            *self._pair_table,
            self.pair_rows,
            self.offset,
            max_tokens,
            out,
        )

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write ``model.safetensors`` (float16) and ``tokenizer.json``.

        ``static:<folder>`` reads it, and so does model2vec when there are no pairs and no offset.
        """
        safe = require("safetensors.numpy", "static")
        tensors: dict[str, np.ndarray] = {"embeddings": self.rows.astype(np.float16)}
        if len(self.pairs) or self.offset.any():
            tensors["pairs"] = self.pairs.astype(np.int32)
            tensors["pair_embeddings"] = self.pair_rows.astype(np.float16)
            tensors["offset"] = self.offset
        with atomic_folder(folder, force=force) as target:
            safe.save_file(tensors, target / "model.safetensors")
            (target / "tokenizer.json").write_text(
                json.dumps(_tokenizer_json(self.pieces, self.unknown), ensure_ascii=False),
                encoding="utf-8",
            )

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> StaticTable:
        """Read a folder in model2vec's layout, with an uncased BERT tokenizer.

        Raises
        ------
        InputError
            A file is missing or damaged, or the tokenizer is of another kind.
        """
        model = existing_file(Path(folder) / "model.safetensors", "encoder model")
        tokenizer = existing_file(Path(folder) / "tokenizer.json", "tokenizer")
        safe = require("safetensors.numpy", "static")
        try:
            tensors = safe.load_file(str(model))
            described = json.loads(tokenizer.read_text(encoding="utf-8"))
        except Exception as error:  # safetensors raises its own type
            raise InputError(f"encoder folder {str(folder)!r} cannot be opened: {error}") from error
        if "embeddings" not in tensors:
            raise InputError(
                f"{str(model)!r} holds no tensor 'embeddings', "
                f"only {', '.join(sorted(tensors)) or 'nothing'}"
            )
        pieces, unknown = vocabulary_of(described, str(tokenizer))
        rows = tensors["embeddings"].astype(np.float32)
        if "weights" in tensors:
            rows *= tensors["weights"].astype(np.float32)[:, None]
        if len(pieces) > len(rows):
            raise InputError(
                f"encoder folder {str(folder)!r}: the tokenizer has {len(pieces)} pieces, "
                f"the table {len(rows)} rows"
            )
        return cls(
            pieces,
            rows[: len(pieces)],
            unknown=unknown,
            pairs=tensors.get("pairs"),
            pair_rows=tensors.get("pair_embeddings"),
            offset=tensors.get("offset"),
        )

    def __repr__(self) -> str:
        return f"StaticTable({len(self.pieces)} pieces, {len(self.pairs)} pairs, {self.width} wide)"

    @property
    def width(self) -> int:
        """Return d, the length of a vector."""
        return self.rows.shape[1]

    def __deepcopy__(self, memo: Any) -> StaticTable:
        return self  # nothing in it changes: clones of an encoder share it

    # Stored as plain arrays, and half as wide.
    def __getstate__(self) -> dict[str, Any]:
        text = json.dumps(self.pieces).encode("ascii")
        return {
            "pieces": np.frombuffer(text, np.uint8),
            "rows": self.rows.astype(np.float16),
            "unknown": self.unknown,
            "pairs": self.pairs.astype(np.int32),
            "pair_rows": self.pair_rows.astype(np.float16),
            "offset": self.offset,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        given = {**state}
        pieces = json.loads(np.asarray(given.pop("pieces")).tobytes())
        self.__init__(pieces, given.pop("rows"), **given)  # type: ignore[misc]


def _as_stored(rows: Any) -> np.ndarray:
    """Return rows as float32, each number rounded to one that float16 holds."""
    wide = np.array(rows, np.float32, order="C")
    if (np.isfinite(wide) & (np.abs(wide) > np.finfo(np.float16).max)).any():
        raise InputError(
            f"a static table is stored as float16, which ends at 65,504, got "
            f"{np.abs(wide[np.isfinite(wide)]).max():.6g}: scale the rows"
        )
    return wide.astype(np.float16).astype(np.float32)


def _normalised(prompts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    return wordpiece.packed([p if is_plain(p) else bert_text(p) for p in prompts])


def vocabulary_of(described: Any, path: str) -> tuple[list[str], str]:
    """Return the pieces in their order and the unknown one, from a parsed tokenizer.json."""
    model, normalizer = described.get("model") or {}, described.get("normalizer") or {}
    uncased = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True}
    fits = (
        model.get("type") == "WordPiece"
        and model.get("continuing_subword_prefix") == "##"
        and all(normalizer.get(key) == value for key, value in uncased.items())
        and normalizer.get("lowercase") is True
        and normalizer.get("strip_accents") is not False
        and (described.get("pre_tokenizer") or {}).get("type") == "BertPreTokenizer"
    )
    if not fits:
        raise InputError(
            f"{path!r}: 'static:' reads the tokenizer of an uncased BERT (WordPiece), this is "
            f"{model.get('type')!r}: write 'model2vec:<folder>'"
        )
    vocabulary = model["vocab"]
    if set(vocabulary.values()) != set(range(len(vocabulary))):
        raise InputError(
            f"{path!r}: 'static:' needs word pieces numbered 0 to {len(vocabulary) - 1} without "
            f"gaps, for a number is a row: write 'model2vec:<folder>'"
        )
    longest = model.get("max_input_chars_per_word", 100)
    if longest != 100:
        raise InputError(
            f"{path!r}: 'static:' reads words of up to 100 characters, this tokenizer "
            f"{longest!r}: write 'model2vec:<folder>'"
        )
    return sorted(vocabulary, key=vocabulary.get), model.get("unk_token", "[UNK]")


def _tokenizer_json(pieces: Sequence[str], unknown: str) -> dict[str, Any]:
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": unknown,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {piece: place for place, piece in enumerate(pieces)},
        },
    }
