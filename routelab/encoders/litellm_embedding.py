"""Embeddings of a service, through LiteLLM: paid once, kept, and counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from routelab._checks import InputError
from routelab._litellm import known_model
from routelab.encoders._backoff import Backoff
from routelab.encoders._base import ENCODERS, PromptEncoder, check_prompts
from routelab.encoders._embedding_service import (
    EmbeddingEstimate,
    EmbeddingService,
    EmbeddingUsage,
)
from routelab.encoders._rate_limit import shared_limiter
from routelab.encoders.cache import CachedEncoder


class LitellmEncoder(PromptEncoder):
    """Embeddings of a service that LiteLLM reaches: float32 unit rows, (n, width of the model).

    **Nothing is paid twice.** Vectors go through the file of `CachedEncoder`, found by model and
    `dimensions` (and `max_tokens`, when it is given), not by address, limits or sizes; each request
    is kept as soon as it is answered, equal prompts are sent once. A run that a service broke off
    is started again and sends the rest only. Prompts that are in the file need neither the network
    nor a key. Two services that give different vectors under one name of a model need two files.

    **Blank prompts** (empty, or white space alone) are never sent, for many services refuse them:
    their rows are zeros, similar to nothing. **Longer prompts** than the model reads are cut at its
    limit, which LiteLLM's map holds, or at `max_tokens`; a model that is not in the map gets them
    whole.

    **Keys** come from the environment that LiteLLM reads (``OPENAI_API_KEY`` and so on): there is
    no parameter for one, and texts of the service's errors, which may repeat it, are not shown.

    Parameters
    ----------
    model : str
        LiteLLM's name, such as "text-embedding-3-small" or "voyage/voyage-3".
    dimensions : int, optional
        Numbers per vector, for models that can shorten them.
    api_base : str, optional
        Address of the service, "http://" or "https://", without credentials, query or fragment: it
        is stored and shown, and `load_router` wants `trust_api_base` for it. None takes LiteLLM's,
        or the environment's.
    cache : bool or str, default True
        A file; True is `routelab.encoders.cache.default_cache`; False keeps nothing.
    batch_size : int, default 96
        Texts per request at most: some services take no more than 96 or 100.
    batch_tokens : int, default 16000
        Tokens per request at most; a longer prompt goes alone.
    max_tokens : int, optional
        Where prompts are cut; None is the model's limit.
    requests_per_minute, tokens_per_minute : int, optional
        Of this process for this model: clones and folds share them. Default: no limit.
    timeout_s : float, default 60
        Seconds to wait for an answer.
    retries : int, default 5
        After rate limits, timeouts, broken connections and errors 5xx; a bad request or key is
        never sent again.
    wait_s : float, default 1
        Seconds before the first retry; doubled for each further one, up to a minute. A service's
        ``retry-after`` is honoured, up to ten minutes.
    usd_per_mtok : float, optional
        USD per million tokens, where LiteLLM does not know it.
    max_usd : float, optional
        What this object may spend in its life, by `usage_`: what would exceed it is not sent.
        A clone starts from nothing.

    Attributes
    ----------
    usage_ : EmbeddingUsage
        Requests, retries, texts, tokens and USD so far; not stored with a router.
    width_ : int
        Numbers per vector, once one was seen.

    Examples
    --------
    >>> encoder = LitellmEncoder("text-embedding-3-small", max_usd=0.5)
    >>> encoder.learns, "key" in str(encoder.get_params())
    (False, False)
    """

    learns = False

    def __init__(
        self,
        model: str,
        *,
        dimensions: int | None = None,
        api_base: str | None = None,
        cache: bool | str = True,
        batch_size: int = 96,
        batch_tokens: int = 16_000,
        max_tokens: int | None = None,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        timeout_s: float = 60.0,
        retries: int = 5,
        wait_s: float = 1.0,
        usd_per_mtok: float | None = None,
        max_usd: float | None = None,
    ):
        _refuse_credentials(api_base)  # the one check here: a secret in a parameter is shown
        self.model = model
        self.dimensions = dimensions
        self.api_base = api_base
        self.cache = cache
        self.batch_size = batch_size
        self.batch_tokens = batch_tokens
        self.max_tokens = max_tokens
        self.requests_per_minute = requests_per_minute
        self.tokens_per_minute = tokens_per_minute
        self.timeout_s = timeout_s
        self.retries = retries
        self.wait_s = wait_s
        self.usd_per_mtok = usd_per_mtok
        self.max_usd = max_usd

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return the embeddings (n, d), float32 rows of length one; zeros for blank prompts.

        Raises
        ------
        InputError
            `max_usd` would be exceeded, the service refuses the request or its key, a parameter is
            out of range, or all prompts are blank and the width is not known.
        EmbeddingServiceError
            The service still fails after the last retry, or its answer lacks vectors, or has NaN
            or another width. What was answered before is kept.
        """
        prompts = check_prompts(X)
        service = self._service()
        sent = _to_send(prompts)
        rows = dict(zip(sent, self._encode(service, sent), strict=True)) if sent else {}
        if rows:
            self.width_ = len(rows[sent[0]])
        elif not prompts:
            return np.empty((0, self._width() or 0), dtype=np.float32)
        zeros = np.zeros(self._needed_width(), dtype=np.float32)
        return np.stack([rows.get(prompt, zeros) for prompt in prompts])

    def estimate(self, prompts: Iterable[str]) -> EmbeddingEstimate:
        """Return texts, tokens and USD that encoding these prompts takes; nothing is sent.

        Raises
        ------
        InputError
            LiteLLM does not know the model's price, and `usd_per_mtok` is not given.
        """
        service = self._service()
        sent = _to_send(check_prompts(prompts))
        kept = self._kept(service)
        return service.estimate(sent if kept is None else kept.missing(sent))

    def cache_identity(self) -> list[Any]:
        """Return what the vectors depend on, for a `CachedEncoder` around this one."""
        return self._service().cache_identity()

    def _encode(self, service: EmbeddingService, sent: list[str]) -> np.ndarray:
        kept = self._kept(service)
        if kept is None:
            return np.vstack([service.transform(batch) for batch in service.batches(sent)])
        before = service.usage.texts
        rows = kept.transform(sent)
        service.usage.cached += len(sent) - (service.usage.texts - before)
        return rows

    def _kept(self, service: EmbeddingService) -> CachedEncoder | None:
        if self.cache is False:
            return None
        return CachedEncoder(service, None if self.cache is True else str(self.cache))

    def _service(self) -> EmbeddingService:
        self._check()
        if not hasattr(self, "usage_"):
            self.usage_ = EmbeddingUsage()
        rates = (self.requests_per_minute, self.tokens_per_minute)
        most_tokens = min(self.batch_tokens, self.tokens_per_minute or self.batch_tokens)
        return EmbeddingService(
            self.model, self.dimensions, self.api_base, self.timeout_s, self.max_tokens,
            self.usd_per_mtok, self.max_usd, self.batch_size, most_tokens,
            Backoff(self.retries, self.wait_s), shared_limiter(self.model, *rates), self.usage_,
            self.dimensions or getattr(self, "width_", None),
        )  # fmt: skip

    def _check(self) -> None:
        _refuse_credentials(self.api_base)
        for name in ("batch_size", "batch_tokens", "timeout_s", "dimensions", "max_tokens",
                     "requests_per_minute", "tokens_per_minute", "max_usd"):  # fmt: skip
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name!r} must be above 0, got {value!r}")
        for name in ("retries", "wait_s", "usd_per_mtok"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise InputError(f"{name!r} must be 0 or more, got {value!r}")

    def _width(self) -> int | None:
        return self.dimensions or getattr(self, "width_", None)

    def _needed_width(self) -> int:
        width = self._width() or known_model(self.model).get("output_vector_size")
        if not width:
            raise InputError(
                f"all prompts are blank, and the width of {self.model!r} is not known yet: "
                f"encode a text first, or give dimensions="
            )
        return int(width)

    # The account belongs to the run, not to the router: equal routers are equal files.
    def __getstate__(self) -> dict[str, Any]:
        return {name: v for name, v in super().__getstate__().items() if name != "usage_"}


def _to_send(prompts: list[str]) -> list[str]:
    return [prompt for prompt in dict.fromkeys(prompts) if prompt.strip()]


def _refuse_credentials(api_base: str | None) -> None:
    if api_base is None:
        return
    text = str(api_base)
    try:
        address = urlsplit(text)
        bare = address.scheme in ("http", "https") and bool(address.hostname)
    except ValueError:  # its message repeats the address
        bare = False
    if not bare or any(sign in text for sign in "@?#"):
        raise InputError(
            "'api_base' must be 'http://' or 'https://' with a host and no credentials, query or "
            "fragment (it is not shown here, it may hold a key): give the bare address, and the "
            "key in the environment"
        )


@ENCODERS.register("litellm")
def _make(argument: str) -> LitellmEncoder:
    if not argument:
        raise InputError("encoder 'litellm' needs a model: write 'litellm:<embedding model>'")
    return LitellmEncoder(argument)
