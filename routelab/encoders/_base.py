"""What every encoder shares: the registry, the check of prompts, and the base class."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from routelab._checks import InputError
from routelab._registry import Registry

#: Name before the colon -> factory of what stands after it ("" when there is no colon).
ENCODERS: Registry[Callable[[str], Any]] = Registry("encoder", "routelab.encoders")


def check_prompts(prompts: Iterable[str]) -> list[str]:
    """Return the prompts as a list of strings, or say which one is not text.

    Parameters
    ----------
    prompts : iterable of str
        A list, a Series or an array. An empty string is a prompt; a missing value is not.

    Returns
    -------
    list of str
        Valid Unicode: half a surrogate pair, which JSON logs can hold, becomes ``?``.

    Raises
    ------
    InputError
        For a bare string, and for an entry that is not a string.

    Examples
    --------
    >>> check_prompts(("hello", ""))
    ['hello', '']
    """
    if isinstance(prompts, str):
        raise InputError(f"expected a list of prompts, got one string {prompts[:40]!r}: write [it]")
    if getattr(prompts, "ndim", 1) != 1:
        raise InputError(f"expected a list of prompts, got shape {prompts.shape}")  # type: ignore[attr-defined]
    listed = list(prompts)
    for index, prompt in enumerate(listed):
        if not isinstance(prompt, str):
            raise InputError(f"prompt at index {index} is not text, got {prompt!r}")
        if not prompt.isascii():
            listed[index] = prompt.encode("utf-8", "replace").decode("utf-8")
    return listed


def file_version(*paths: str | Path) -> tuple[int, ...]:
    """Return what tells one state of these files from another.

    The clock of a file system can be coarse, so their sizes count as well as their times.
    """
    found = [os.stat(path) for path in paths]
    return tuple(n for file in found for n in (file.st_mtime_ns, file.st_size))


class PromptEncoder(TransformerMixin, BaseEstimator):
    """Base of routelab's encoders: prompts (n,) to float32 rows (n, d) of length one.

    A subclass that learns nothing sets `learns` to False; its vectors can then be computed once
    and shared between folds.
    """

    learns = True

    def fit(self, X: Iterable[str], y: object = None) -> PromptEncoder:
        """Check the prompts; a subclass that learns overrides this."""
        check_prompts(X)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = self.learns
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return not self.learns or any(
            name.endswith("_") and not name.startswith("_") for name in vars(self)
        )


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Scale each row (n, d) to length one, as float32; a row of zeros stays zero.

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def make_encoder(spec: Any = "tfidf") -> Any:
    """Make the encoder that a string such as ``"tfidf"`` or ``"onnx:folder"`` names.

    Parameters
    ----------
    spec : str or transformer, default "tfidf"
        ``"tfidf"``, ``"hashing"``, ``"onnx:<folder>"``, ``"static:<folder>"``,
        ``"model2vec:<folder or hub name>"``, ``"sentence-transformers:<folder or hub name>"``,
        ``"litellm:<embedding model>"`` (a service: its key comes from the environment, its vectors
        are kept in a file), ``"cached:<one of these>"``, or an object with `fit` and `transform`,
        which is returned as it is.

    Returns
    -------
    transformer
        Unfitted. Models on disk are opened when they are first used.

    Raises
    ------
    InputError
        For a name that no encoder has, and for a missing or superfluous argument.

    Examples
    --------
    >>> make_encoder("tfidf").fit_transform(["sort a list", "write a poem"]).shape[0]
    2
    """
    if isinstance(spec, str):
        name, colon, argument = spec.partition(":")
        factory = ENCODERS[name]
        if colon and not argument:
            raise InputError(f"encoder {spec!r} names nothing after the colon")
        return factory(argument)
    if hasattr(spec, "fit") and hasattr(spec, "transform") and not isinstance(spec, type):
        return spec
    raise InputError(
        f"encoder must be a name ({', '.join(ENCODERS.names())}) or a scikit-learn transformer, "
        f"got {spec!r}"
    )


def no_argument(name: str, argument: str) -> None:
    """Refuse an argument behind the name of an encoder that takes none."""
    if argument:
        raise InputError(f"encoder {name!r} takes no argument, got {argument!r}")


def need_folder(name: str, argument: str) -> str:
    """Return the folder behind the name of an encoder that needs one."""
    if not argument:
        raise InputError(f"encoder {name!r} needs a folder: write '{name}:<folder>'")
    return argument
