"""Asking a model through LiteLLM: within a budget, every answer kept, going on after a stop."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from routelab._checks import InputError
from routelab._litellm import known_model, missing_keys, open_litellm

_RETRIED = ("RateLimitError", "Timeout", "APIConnectionError", "InternalServerError",
            "ServiceUnavailableError", "BadGatewayError", "APIError")  # fmt: skip
_IN_A_ROW = 8  # calls that fail one after the other, each with its retries: the service is away
_HOPELESS = ("AuthenticationError", "PermissionDeniedError", "NotFoundError")


@dataclass(frozen=True)
class Question:
    """One call: its messages, and which time it is asked (the cache keeps each time apart)."""

    messages: tuple[Mapping[str, str], ...]
    repeat: int = 0


@dataclass
class Spending:
    """What a run cost and why it stopped, if it did.

    Attributes
    ----------
    usd : float
        Spent by this run.
    calls, cached : int
        Answers that were paid for, and answers that the cache had.
    failed : dict of int to str
        Questions without an answer, with the reason.
    stopped : str
        Empty, or why not every question was asked.
    """

    usd: float = 0.0
    calls: int = 0
    cached: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    stopped: str = ""


@dataclass(frozen=True)
class Judge:
    """A model that answers, with its price and its cache.

    Attributes
    ----------
    model : str
        LiteLLM's name, such as ``"openai/gpt-4o-mini"``. Keys come from the environment.
    prices : tuple of float, optional
        USD per million input and output tokens. Default: LiteLLM's price map.
    max_tokens : int
        Of an answer.
    options : dict
        Further arguments of ``litellm.completion``, such as ``api_base``; never keys.
    """

    model: str
    cache: Path
    prices: tuple[float, float] | None = None
    max_tokens: int = 100
    temperature: float = 0.0
    workers: int = 4
    retries: int = 3
    wait_s: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.options:
            if "key" in name.lower() or "token" in name.lower() or "secret" in name.lower():
                raise InputError(f"{name!r} does not belong into a call: set it in the environment")

    def price(self) -> tuple[float, float]:
        """Return USD per input and output token."""
        if self.prices is not None:
            return self.prices[0] / 1e6, self.prices[1] / 1e6
        entry = known_model(self.model)
        given, answer = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
        if not given or not answer:
            raise InputError(
                f"LiteLLM has no price for {self.model!r}: give prices=(input, output)"
            )
        return float(given), float(answer)

    def worst_usd(self, question: Question) -> float:
        """Return what a call can cost at most: its tokens in, and the longest answer."""
        given, answer = self.price()
        tokens = open_litellm().token_counter(
            model=self.model, messages=[dict(message) for message in question.messages]
        )
        return float(tokens * given + self.max_tokens * answer)

    def key(self, question: Question) -> str:
        """Return the question's place in the cache."""
        plain = [self.model, self.temperature, self.max_tokens, question.repeat,
                 [dict(message) for message in question.messages]]  # fmt: skip
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def ask(
    judge: Judge,
    questions: Iterable[Question],
    max_usd: float,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[str | None], Spending]:
    """Ask every question that the cache does not answer, until the money is spent.

    A call is made only if what was spent, what calls in flight can cost and what this one can cost
    stay within `max_usd`.
    """
    if not max_usd > 0:
        raise InputError(f"'max_usd' must be above 0, got {max_usd!r}")
    asked = list(questions)
    known = _load(judge.cache)
    keys = [judge.key(question) for question in asked]
    answers: list[str | None] = [known.get(key) for key in keys]
    spending = Spending(cached=sum(answer is not None for answer in answers))
    run = _Run(judge, spending, max_usd)
    open_ = [i for i, answer in enumerate(answers) if answer is None]
    done = spending.cached
    with ThreadPoolExecutor(judge.workers) as pool:
        for i, answer in zip(open_, pool.map(lambda i: run.one(i, asked[i], keys[i]), open_),
                             strict=True):  # fmt: skip
            answers[i] = answer
            done += 1
            if progress is not None:
                progress(done, len(asked))
    if run.fatal is not None:
        raise InputError(run.fatal)
    return answers, spending


def estimate_usd(judge: Judge, questions: Iterable[Question]) -> tuple[int, float]:
    """Return how many calls the cache does not answer, and what they cost at most."""
    known = _load(judge.cache)
    costs = [judge.worst_usd(q) for q in questions if judge.key(q) not in known]
    return len(costs), sum(costs)


class _Run:
    """One run over the questions: money, cache and errors, shared by the workers."""

    def __init__(self, judge: Judge, spending: Spending, max_usd: float):
        self.judge = judge
        self.spending = spending
        self.max_usd = max_usd
        self.fatal: str | None = None
        self._in_flight = 0.0
        self._failed_in_a_row = 0
        self._lock = threading.Lock()

    def one(self, number: int, question: Question, key: str) -> str | None:
        worst = self.judge.worst_usd(question)
        with self._lock:
            if self.spending.stopped or self.fatal:
                return None
            if self.spending.usd + self._in_flight + worst > self.max_usd:
                self.spending.stopped = (
                    f"the next call could cost {worst:.6f} USD, and {self.spending.usd:.6f} of "
                    f"{self.max_usd:g} are spent"
                )
                return None
            self._in_flight += worst
        try:
            text, usd = self._call(question)
        except _Failed as error:
            with self._lock:
                missing = missing_keys(self.judge.model)
                if error.name in _HOPELESS or missing:
                    cure = f"{', '.join(missing)} is not set" if missing else "check its key"
                    self.fatal = f"{self.judge.model}: {error.name}: {cure}, or check the model"
                self.spending.failed[number] = f"the call failed: {error.name}"
                self._failed_in_a_row += 1
                if self._failed_in_a_row == _IN_A_ROW:
                    self._give_up(error.name)
                if error.name == "Timeout":  # it may have been billed: count the most it can cost
                    self.spending.usd += worst
            return None
        finally:
            with self._lock:
                self._in_flight -= worst
        with self._lock:
            self.spending.usd += usd
            self.spending.calls += 1
            self._failed_in_a_row = 0
            _append(self.judge.cache, {"key": key, "answer": text, "usd": usd})
        return text

    def _give_up(self, name: str) -> None:
        """End a run whose calls fail one after the other; what was answered is kept."""
        told = f"{_IN_A_ROW} calls in a row failed, the last with {name}"
        if self.spending.calls:
            self.spending.stopped = told
        else:
            self.fatal = f"{self.judge.model}: {told}: check the network, the model and api_base"

    def _call(self, question: Question) -> tuple[str, float]:
        litellm = open_litellm()
        judge = self.judge
        for attempt in range(judge.retries + 1):
            try:
                reply = litellm.completion(
                    model=judge.model, messages=[dict(m) for m in question.messages],
                    max_tokens=judge.max_tokens, temperature=judge.temperature, num_retries=0,
                    timeout=60, **judge.options,
                )  # fmt: skip
                break
            except Exception as error:  # LiteLLM raises many classes of its own; names tell them
                name = type(error).__name__
                last = attempt == judge.retries or missing_keys(judge.model)
                if name not in _RETRIED or last:
                    raise _Failed(name) from None
                time.sleep(judge.wait_s * 2**attempt)
        given, answer = judge.price()
        usage = reply.usage
        usd = usage.prompt_tokens * given + usage.completion_tokens * answer
        return str(reply.choices[0].message.content or ""), float(usd)


class _Failed(Exception):
    """A call without an answer; texts of errors are not carried, for they may hold anything."""

    def __init__(self, name: str):
        super().__init__(name)
        self.name = name


def _load(path: Path) -> dict[str, str]:
    """Return the answers of a cache; a line that was cut off is asked again."""
    if not path.exists():
        return {}
    found = {}
    for line in path.read_bytes().split(b"\n"):
        try:
            entry = json.loads(line)
            found[str(entry["key"])] = str(entry["answer"])
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _append(path: Path, entry: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = path.read_bytes()[-1:] if path.exists() else b"\n"
    start = b"" if data in (b"\n", b"") else b"\n"  # after a line that was cut off
    with path.open("ab") as sink:
        sink.write(start + json.dumps(entry).encode() + b"\n")
        sink.flush()
        os.fsync(sink.fileno())
