"""One service of embeddings through LiteLLM: requests, their cost, and what they answer."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from routelab._checks import InputError
from routelab._litellm import known_model, open_litellm
from routelab.encoders._backoff import Backoff, EmbeddingServiceError, Failure
from routelab.encoders._base import PromptEncoder, unit_rows
from routelab.encoders._embedding_texts import batches, count_tokens, cut
from routelab.encoders._rate_limit import RateLimiter


@dataclass(frozen=True)
class EmbeddingEstimate:
    """What encoding will cost, before it starts.

    Attributes
    ----------
    texts : int
        That would be sent: different, not blank, and not in the cache.
    tokens : int
        Of these texts, by LiteLLM's tokenizer: exact for OpenAI's models, else an estimate.
    usd : float
        Tokens at the model's price.
    """

    texts: int
    tokens: int
    usd: float

    def __str__(self) -> str:
        return f"{self.texts:,} texts, {self.tokens:,} tokens, about {self.usd:.4f} USD"


@dataclass
class EmbeddingUsage:
    """What an encoder spent since it was made.

    Attributes
    ----------
    requests, retries : int
        Requests that were answered, and requests that were sent again after a failure.
    texts, cached : int
        Texts whose vectors were paid for, and texts that the cache had.
    tokens : int
        As billed: the answers' `usage`, or our own count where an answer has none.
    usd : float
        These tokens at the model's price; NaN when the price is not known.
    usd_unsure : float
        Of requests that timed out: they may be billed all the same.
    """

    requests: int = 0
    retries: int = 0
    texts: int = 0
    cached: int = 0
    tokens: int = 0
    usd: float = 0.0
    usd_unsure: float = 0.0

    def __str__(self) -> str:
        unsure = f", perhaps {self.usd_unsure:.4f} more" if self.usd_unsure else ""
        return (
            f"{self.texts:,} texts in {self.requests:,} requests ({self.retries:,} retries), "
            f"{self.cached:,} from the cache; {self.tokens:,} tokens, {self.usd:.4f} USD{unsure}"
        )


class _TruthyZero(int):
    """No retries of LiteLLM's own: where it reads ``max_retries or 2``, a plain 0 means two.

    These would be neither counted nor limited, and a request that timed out would be paid thrice.
    """

    def __bool__(self) -> bool:
        return True


@dataclass(eq=False, repr=False)
class EmbeddingService(PromptEncoder):
    """Sends texts, and nothing else: the cache and blank texts are the encoder's business.

    Parameters
    ----------
    model, dimensions, api_base, timeout_s, max_tokens, usd_per_mtok, max_usd
        As for `LitellmEncoder`.
    most_texts, most_tokens
        Of one request.
    backoff, limiter
        When a request is sent again, and when the next one may go.
    usage : EmbeddingUsage
        Is added to.
    width : int, optional
        Numbers per vector, when they are known.
    """

    model: str
    dimensions: int | None
    api_base: str | None
    timeout_s: float
    max_tokens: int | None
    usd_per_mtok: float | None
    max_usd: float | None
    most_texts: int
    most_tokens: float
    backoff: Backoff
    limiter: RateLimiter
    usage: EmbeddingUsage
    width: int | None

    learns = False

    def cache_identity(self) -> list[Any]:
        """Return what the vectors depend on: model, dimensions, and a cut that was asked for."""
        known = ["litellm", self.model, self.dimensions]
        return known if self.max_tokens is None else [*known, self.max_tokens]

    def estimate(self, texts: list[str]) -> EmbeddingEstimate:
        """Return what sending these texts costs; an unknown price is an error."""
        tokens = sum(self._counts(texts))
        return EmbeddingEstimate(len(texts), tokens, tokens * self._needed_price())

    def batches(self, prompts: list[str]) -> Iterator[list[str]]:
        """Give the texts of one request after the other, unless all of them cost too much."""
        from tqdm.auto import tqdm

        counts = self._counts(prompts)
        self._keep_cap(len(prompts), sum(counts))
        with tqdm(total=len(prompts), desc="embed", unit="text", delay=2, leave=False) as bar:
            for part in batches(counts, self.most_texts, self.most_tokens):
                yield prompts[part]
                bar.update(part.stop - part.start)

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return the vectors (n, d), float32 rows of length one, of one request."""
        texts = [cut(text, self._most_tokens_of_a_text()) for text in X]
        tokens = sum(count_tokens(text) for text in texts)

        def send() -> Any:
            self._keep_cap(len(texts), tokens)
            self.limiter.wait(tokens)
            return self._request(texts)

        def failed(failure: Failure, again: bool) -> None:
            self.usage.retries += again
            if failure.timed_out:
                self.usage.usd_unsure += tokens * self._price()

        answer = self.backoff.run(f"the service of {self.model!r}", send, failed)
        self._count(answer, len(texts), tokens)
        rows = vectors_of(answer, len(texts), self.width, self.model)
        self.width = rows.shape[1]
        return rows

    def _request(self, texts: list[str]) -> Any:
        optional = {"dimensions": self.dimensions, "api_base": self.api_base}
        return open_litellm().embedding(
            model=self.model, input=texts, timeout=self.timeout_s, num_retries=0,
            max_retries=_TruthyZero(0),
            **{name: value for name, value in optional.items() if value is not None},
        )  # fmt: skip

    def _count(self, answer: Any, texts: int, tokens: int) -> None:
        """Book an answer, also one that turns out useless: it was billed."""
        billed = getattr(getattr(answer, "usage", None), "prompt_tokens", None) or tokens
        self.usage.requests += 1
        self.usage.texts += texts
        self.usage.tokens += int(billed)
        self.usage.usd += billed * self._price()

    def _counts(self, texts: list[str]) -> list[int]:
        most = self._most_tokens_of_a_text() or sys.maxsize
        return [min(count_tokens(text), most) for text in texts]

    def _most_tokens_of_a_text(self) -> int | None:
        return self.max_tokens or known_model(self.model).get("max_input_tokens") or None

    def _price(self) -> float:
        """Return USD per token; NaN when it is not known, for a price of 0 is no price."""
        if self.usd_per_mtok is not None:
            return self.usd_per_mtok / 1e6
        return float(known_model(self.model).get("input_cost_per_token") or math.nan)

    def _needed_price(self) -> float:
        price = self._price()
        if math.isnan(price):
            raise InputError(f"LiteLLM has no price for {self.model!r}: give usd_per_mtok=")
        return price

    def _keep_cap(self, texts: int, tokens: int) -> None:
        if self.max_usd is None:
            return
        cost = tokens * self._needed_price()
        spent = self.usage.usd + self.usage.usd_unsure
        if not spent + cost <= self.max_usd:  # also when what was spent is not known
            raise InputError(
                f"{texts} texts of {tokens} tokens would cost {cost:.6g} USD, and {spent:.6g} are "
                f"spent: more than max_usd={self.max_usd:g}; they were not sent"
            )


def vectors_of(answer: Any, n: int, width: int | None, model: str) -> np.ndarray:
    """Return the vectors (n, d) of an answer in the order of its texts, as float32 unit rows.

    Raises
    ------
    EmbeddingServiceError
        Vectors are missing, numbered wrongly, of another width than `width`, or not finite.
    """
    data = list(getattr(answer, "data", None) or [])
    if len(data) != n:
        raise EmbeddingServiceError(f"{model}: {len(data)} vectors for {n} texts")
    places = [i if item.get("index") is None else item.get("index") for i, item in enumerate(data)]
    if sorted(places) != list(range(n)):
        raise EmbeddingServiceError(f"{model}: the vectors of {n} texts are numbered {places[:5]}")
    rows: list[Any] = [None] * n
    for place, item in zip(places, data, strict=True):
        rows[place] = _numbers(item.get("embedding"), place, model)
    wanted = width or len(rows[0])
    for place, row in enumerate(rows):
        if len(row) != wanted:
            raise EmbeddingServiceError(
                f"{model}: the vector of text {place} has {len(row)} numbers instead of {wanted}"
            )
    return unit_rows(np.stack(rows))


def _numbers(vector: Any, place: int, model: str) -> np.ndarray:
    try:
        row = np.asarray(vector, dtype=np.float64)
    except (TypeError, ValueError):
        row = np.empty((0, 0))
    if row.ndim != 1 or not len(row):
        raise EmbeddingServiceError(f"{model}: text {place} has no vector")
    if not np.isfinite(row).all():
        raise EmbeddingServiceError(f"{model}: the vector of text {place} has NaN or infinity")
    return row
