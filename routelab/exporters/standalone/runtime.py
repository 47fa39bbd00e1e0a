"""Decides which model group a request asks for, from a ``bundle.json`` that routelab wrote.

It needs Python 3.10 and nothing else; numpy only where the bundle holds static embeddings (with
many classes it is used when it is there, for speed). routelab copies it into exports together with
the files that it imports here, and its own tests hold it to the decisions of the fitted router and
of the plan.

Of classes with equal scores the first wins, as in numpy's argmax. TF-IDF is summed in float64
here, in float32 by the fitted router: the two may part only where the best two scores, or a score
and its threshold, lie within a rounding of float32 (about 1e-7 of cosines and shares). That is so
of classes with the same examples, and of a threshold that is the score of a prompt asked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import sys
import uuid
from array import array
from bisect import bisect_right
from collections import Counter
from datetime import datetime, timezone
from itertools import accumulate
from typing import Any, NamedTuple

from routelab.encoders._bert_text import bert_text, is_plain
from routelab.routers._surface import openings, surface

FORMAT = 1
MANY_CLASSES = 12  # from here on numpy's product is faster than Python's sums


class Decision(NamedTuple):
    """What was decided: the model group, the router's label, what decided, the arm of the split."""

    group: str
    route: Any
    routed_by: str
    arm: Any


def last_user_text(messages: Any) -> Any:
    """Return the text of the user's last message, its text parts on lines; None without one."""
    for message in reversed(messages or []):
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content")
            if isinstance(content, str):
                return content
            parts = content if isinstance(content, list) else []
            found = [part.get("text") for part in parts if isinstance(part, dict)]
            texts = [text for text in found if isinstance(text, str)]
            return "\n".join(texts) if texts else None
    return None


def load(path: Any, sha256: Any = None) -> Decider:
    """Return the decider of a bundle file.

    A ValueError says what is wrong: another checksum than `sha256` (hexadecimal), no JSON, or a
    format that this file does not know.
    """
    with open(path, "rb") as source:
        data = source.read()
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{path}: the bundle was changed: its SHA-256 is not {sha256}")
    try:
        content = json.loads(data)
    except ValueError as error:
        raise ValueError(f"{path}: the bundle is no JSON: {error}") from None
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise ValueError(f"{path}: the bundle has format {found!r}, this file reads {FORMAT}")
    return Decider(content)


# --- what a plan decides --------------------------------------------------------------------------


class Decider:
    """The rules, the router and the A/B split of a plan, for one request at a time."""

    quick = True  # a short prompt takes less than a millisecond

    def __init__(self, content: Any):
        self.plan = content["plan"]
        router = content["router"]
        self.router = None if router is None else _ROUTERS[router["kind"]](router)

    def route(self, text: str) -> Any:
        """Return the router's label for a prompt; None where it abstains."""
        if self.router is None:
            raise ValueError("the plan has no router")
        return self.router.label(text.encode("utf-8", "replace").decode("utf-8"))

    def decide(
        self,
        *,
        text: Any = None,
        model: Any = None,
        user: Any = None,
        session_id: Any = None,
        request_id: Any = None,
        tier: Any = None,
        input_tokens: Any = None,
        now: Any = None,
    ) -> Decision:
        """Return the decision for a request.

        The first of these that applies names the group: a rule; the router, for a request with a
        text; the model that was asked for, when it is a group or an alias; the default. `now` is a
        datetime (without a zone: UTC), the present by default, for splits that ramp; a request
        without an id gets one of its own.
        """
        plan = self.plan
        asked = plan["aliases"].get(model, model)
        known = asked in plan["groups"]
        group, route, by = (asked, None, "asked") if known else (plan["default"], None, "default")
        rule = next((r for r in plan["rules"] if _matches(r, text, tier, input_tokens)), None)
        if rule is not None:
            group, by = rule["model"], "rule"
        elif text is not None and self.router is not None:
            route = self.route(text)
            group, by = plan["default"], "abstained"
            if route is not None:
                group, by = plan["routes"].get(route, route), "router"
        request = uuid.uuid4().hex if request_id is None else request_id
        facts = {"user": user, "session_id": session_id, "request_id": request}
        utc = timezone.utc  # noqa: UP017 - Python 3.10 has no datetime.UTC
        moment = datetime.now(utc) if now is None else now
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=utc)
        return self._split(Decision(group, route, by, None), facts, moment)

    def _split(self, made: Decision, facts: Any, now: Any) -> Decision:
        split = self.plan["split"]
        if split is None or (split["models"] is not None and made.group not in split["models"]):
            return made
        unit = facts[split["by"]]
        arm = _arm(split, str(facts["request_id"] if unit is None else unit), now)
        model = None if arm is None else split["arms"][arm]["model"]
        return made._replace(arm=arm, group=model or made.group)


def _matches(rule: Any, text: Any, tier: Any, tokens: Any) -> bool:
    if rule["tiers"] is not None and tier not in rule["tiers"]:
        return False
    if rule["has_prompt"] is not None and rule["has_prompt"] != (text is not None):
        return False
    low, high = rule["min_input_tokens"], rule["max_input_tokens"]
    if low is None and high is None:
        return True
    if tokens is None:
        return False
    return (low is None or tokens >= low) and (high is None or tokens <= high)


def _place(*parts: str) -> float:
    """Return the place of a unit in [0, 1): the upper 53 of the first 64 bits of a SHA-256."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2.0**53


def _arm(split: Any, unit: str, now: Any) -> Any:
    if split["layer"] is not None:
        low, high = split["layer_range"]
        if not low <= _place("layer", split["layer"], unit) < high:
            return None
    if split["ramp"]:
        passed = [share for start, share in split["ramp"] if start <= now.timestamp()]
        if not passed or not _place(split["name"], "ramp", unit) < passed[-1]:
            return None
    names = list(split["arms"])
    ends = list(accumulate(split["arms"][name]["share"] for name in names))
    return names[min(bisect_right(ends, _place(split["name"], unit)), len(names) - 1)]


# --- routers --------------------------------------------------------------------------------------


class _Constant:
    def __init__(self, content: Any):
        self.answer = content["answer"]

    def label(self, text: str) -> Any:
        return self.answer


class _Length:
    """The commonest label among training prompts of about this length."""

    def __init__(self, content: Any):
        self.edges, self.answers = content["edges"], content["answers"]

    def label(self, text: str) -> Any:
        return self.answers[bisect_right(self.edges, len(text))]


class _Keyword:
    """Points of whole words and of length: up to 0 low, 1 medium, 2 and more high."""

    def __init__(self, content: Any):
        self.keywords = [
            (word, re.compile(rf"(?<!\w){re.escape(word)}(?!\w)"), points)
            for word, points in content["keywords"]
        ]
        self.lengths = content["lengths"]

    def label(self, text: str) -> Any:
        flat = " ".join(text.lower().split())
        total = float(sum(p for w, whole, p in self.keywords if w in flat and whole.search(flat)))
        passed = [(limit, points) for limit, points in self.lengths if len(text) > limit]
        if passed:
            total += max(passed)[1]
        return ("low", "medium", "high")[min(2, max(0, math.floor(total)))]


class _Pipeline:
    """An encoder, steps between, and a head that scores classes."""

    def __init__(self, content: Any):
        self.encode = _ENCODERS[content["encoder"]["kind"]](content["encoder"])
        self.spaces = [_Matrix(space) for space in content["spaces"]]
        self.classes = content["classes"]
        self.head = _HEADS[content["head"]["kind"]](content["head"])

    def scores(self, text: str) -> Any:
        """Return the score of each class, in the order of `classes`."""
        row = self.encode(text)
        for directions in self.spaces:
            row = _unit(_numpy().asarray(row) @ directions.matrix())
        return self.head.scores(row)

    def label(self, text: str) -> Any:
        return self.head.choose(self.scores(text), self.classes)


class _Strong:
    """The strong answer where its share reaches a threshold, else the best of the others."""

    def __init__(self, content: Any):
        self.inner = _Pipeline(content["router"])
        self.place, self.threshold = content["place"], content["threshold"]

    def label(self, text: str) -> Any:
        shares = self.inner.head.shares(self.inner.scores(text))
        if shares[self.place] >= self.threshold:
            return self.inner.classes[self.place]
        shares[self.place] = -math.inf
        return self.inner.classes[_largest(shares)]


class _Sure:
    """The route where the router is as sure as the route's threshold, else a default."""

    def __init__(self, content: Any):
        self.inner = _Pipeline(content["router"])
        self.thresholds, self.default = content["thresholds"], content["default"]

    def label(self, text: str) -> Any:
        scores = self.inner.scores(text)
        place = _largest(scores)
        sure = self.inner.head.sure(scores) >= self.thresholds[place]
        return self.inner.classes[place] if sure else self.default


class _Cuts:
    """The tier whose cuts the expected level of a prompt lies between."""

    def __init__(self, content: Any):
        self.inner = _Pipeline(content["router"])
        self.levels, self.cuts, self.tiers = content["levels"], content["cuts"], content["tiers"]

    def label(self, text: str) -> Any:
        shares = self.inner.head.shares(self.inner.scores(text))
        expected = math.fsum(s * level for s, level in zip(shares, self.levels, strict=True))
        return self.tiers[bisect_right(self.cuts, expected)]


def _largest(values: Any) -> int:
    """Return the place of the largest value, the first of equal ones."""
    return max(range(len(values)), key=values.__getitem__)


def _softmax(scores: Any, sharpness: float = 1.0) -> Any:
    top = max(scores)
    grown = [math.exp(sharpness * (score - top)) for score in scores]
    total = math.fsum(grown)
    return [one / total for one in grown]


class _Linear:
    def __init__(self, content: Any):
        self.weights = _Matrix(content["weights"])
        self.intercept = content["intercept"]

    def scores(self, row: Any) -> Any:
        products = self.weights.products(row)
        return [p + b for p, b in zip(products, self.intercept, strict=True)]

    def shares(self, scores: Any) -> Any:
        return _softmax(scores)

    def sure(self, scores: Any) -> float:
        """Return the largest share, which the thresholds of routes are on."""
        return max(_softmax(scores))

    def choose(self, scores: Any, classes: Any) -> Any:
        return classes[_largest(scores)]


class _Centroid:
    """Cosines with the centroids; of several of a class the nearest counts."""

    def __init__(self, content: Any):
        self.weights = _Matrix(content["weights"])
        self.owner, self.sharpness = content["owner"], content["sharpness"]
        self.threshold, self.abstained = content["threshold"], content["abstained"]

    def scores(self, row: Any) -> Any:
        best = [-math.inf] * (max(self.owner) + 1)
        for owner, cosine in zip(self.owner, self.weights.products(row), strict=True):
            best[owner] = max(best[owner], cosine)
        return best

    def shares(self, scores: Any) -> Any:
        return _softmax(scores, self.sharpness)

    def sure(self, scores: Any) -> float:
        """Return the nearest cosine, which the thresholds of routes are on."""
        return max(scores)

    def choose(self, scores: Any, classes: Any) -> Any:
        place = _largest(scores)
        if self.threshold is not None and scores[place] < self.threshold:
            return self.abstained
        return classes[place]


# --- text to numbers ------------------------------------------------------------------------------


class _Tfidf:
    """Words and characters within words, as scikit-learn's TfidfVectorizer counts them.

    A row is a list of (column, value): columns of words first.
    """

    TOKEN = re.compile(r"(?u)\w+|[^\w\s]")
    BLANKS = re.compile(r"\s\s+")

    def __init__(self, content: Any):
        self.halves = []
        start = 0
        for half, grams in (("words", self._words), ("chars", self._chars)):
            terms, idf = content[half]["terms"], _Matrix(content[half]["idf"]).values
            columns = {term: start + place for place, term in enumerate(terms)}
            self.halves.append((grams, tuple(content[half]["ngrams"]), columns, start, idf))
            start += len(terms)

    def __call__(self, text: str) -> Any:
        lowered = text.lower()
        halves = []
        for grams, sizes, columns, start, idf in self.halves:
            row = _weighed(grams(lowered, sizes), columns, idf, start)
            if row:
                halves.append(row)
        share = math.sqrt(len(halves))
        return [(column, value / share) for row in halves for column, value in row]

    def _words(self, text: str, sizes: Any) -> Any:
        tokens = self.TOKEN.findall(text)
        for size in range(sizes[0], sizes[1] + 1):
            if size == 1:
                yield from tokens
            else:
                for first in range(len(tokens) - size + 1):
                    yield " ".join(tokens[first : first + size])

    def _chars(self, text: str, sizes: Any) -> Any:
        for word in self.BLANKS.sub(" ", text).split():
            padded = f" {word} "
            for size in range(sizes[0], sizes[1] + 1):
                yield padded[:size]
                if size >= len(padded):  # a short word counts once
                    break
                for first in range(1, len(padded) - size + 1):
                    yield padded[first : first + size]


def _weighed(terms: Any, columns: Any, idf: Any, start: int = 0) -> Any:
    """Return the row of known terms: log counts times idf, of length one; columns from `start`."""
    found = (column for column in map(columns.get, terms) if column is not None)
    row = [(c, (math.log(n) + 1.0) * idf[c - start]) for c, n in Counter(found).items()]
    length = math.sqrt(math.fsum(value * value for _, value in row))
    return [(column, value / length) for column, value in row]


class _Static:
    """The vector of a prompt from rows of its word pieces and of pairs of them; needs numpy."""

    WORDS = re.compile(r"[^\x00-\x20\x7f!-/:-@\[-`{-~]+|[!-/:-@\[-`{-~]")
    LONGEST = 100  # characters; a longer word is unknown

    def __init__(self, content: Any):
        self.first: Any = {}
        self.inside: Any = {}
        for place, piece in enumerate(content["pieces"]):
            if piece.startswith("##") and len(piece) > 2:
                self.inside[piece[2:]] = place
            else:
                self.first[piece] = place
        self.longest = max(map(len, content["pieces"]), default=0)
        self.rows = _Matrix(content["rows"]).matrix()
        self.pairs = {tuple(pair): place for place, pair in enumerate(content["pairs"])}
        self.pair_rows = _Matrix(content["pair_rows"]).matrix()
        self.offset = _Matrix(content["offset"]).matrix()[0]
        self.max_tokens = content["max_tokens"]

    def __call__(self, text: str) -> Any:
        ids = self.ids(text)
        if not ids:
            return _numpy().zeros(len(self.offset), "float32")
        total = self.rows[ids].sum(axis=0)
        met = zip(ids, ids[1:], strict=False)
        pairs = [self.pairs[pair] for pair in met if pair in self.pairs]
        if pairs:
            total = total + self.pair_rows[pairs].sum(axis=0)
        return _unit(total / _numpy().float32(math.sqrt(len(ids))) + self.offset)

    def ids(self, text: str) -> Any:
        """Return the known word pieces of a text."""
        plain = text.lower() if is_plain(text) else bert_text(text)
        ids: Any = []
        for word in self.WORDS.findall(plain):
            ids += self._pieces(word)
            if len(ids) >= self.max_tokens:
                break
        return ids[: self.max_tokens]

    def _pieces(self, word: str) -> Any:
        if len(word) > self.LONGEST:
            return []
        found: Any = []
        start, known = 0, self.first
        while start < len(word):
            for end in range(min(len(word), start + self.longest), start, -1):
                place = known.get(word[start:end])
                if place is not None:
                    break
            else:
                return []  # the whole word is unknown
            found.append(place)
            start, known = end, self.inside
        return found


class _Surface:
    """What can be counted in a prompt, on the scale of the training prompts."""

    def __init__(self, content: Any):
        self.scaled = list(zip(content["mean"], content["scale"], strict=True))

    def __call__(self, text: str) -> Any:
        counted = zip(surface(text), self.scaled, strict=True)
        return [(place, (x - m) / s) for place, (x, (m, s)) in enumerate(counted)]


class _Openings:
    """TF-IDF of how the clauses of a prompt open."""

    def __init__(self, content: Any):
        self.columns = {term: place for place, term in enumerate(content["terms"])}
        self.idf = _Matrix(content["idf"]).values

    def __call__(self, text: str) -> Any:
        return _weighed(openings(text).split("\n"), self.columns, self.idf)


class _Union:
    """Rows of several encoders beside each other, each with its weight."""

    def __init__(self, content: Any):
        self.blocks = []
        start = 0
        for block in content["blocks"]:
            encode = _ENCODERS[block["encoder"]["kind"]](block["encoder"])
            self.blocks.append((encode, block["weight"], start))
            start += block["width"]

    def __call__(self, text: str) -> Any:
        joined: Any = []
        for encode, weight, start in self.blocks:
            row = encode(text)
            pairs = row if isinstance(row, list) else enumerate(row.tolist())
            joined += [(start + column, value * weight) for column, value in pairs]
        return joined


# --- numbers --------------------------------------------------------------------------------------


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        raise ImportError("this bundle holds static embeddings: install numpy") from None
    return numpy


def _numpy_or_none() -> Any:
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def _unit(row: Any) -> Any:
    length = float((row * row).sum()) ** 0.5
    return row / row.dtype.type(length) if length else row


class _Matrix:
    """Numbers in rows, stored as base64 of little-endian float32 or float16."""

    def __init__(self, content: Any):
        self.data = base64.b64decode(content["base64"])
        self.kind, self.shape = content["dtype"], content["shape"]
        self.dense: Any = None
        self.values: Any = None
        if self.kind == "<f4":
            self.values = array("f", self.data)
            if sys.byteorder == "big":
                self.values.byteswap()

    def matrix(self) -> Any:
        """Return the numbers as a float32 array of numpy."""
        if self.dense is None:
            numbers = _numpy().frombuffer(self.data, self.kind)
            self.dense = numbers.astype("float32").reshape(self.shape)
        return self.dense

    def products(self, row: Any) -> Any:
        """Return the row times the matrix: a list, one number per column."""
        if not isinstance(row, list):
            return (row @ self.matrix()).tolist()
        width = self.shape[1]
        if width >= MANY_CLASSES and row and _numpy_or_none() is not None:
            columns, values = zip(*row, strict=True)
            return (_numpy().array(values) @ self.matrix()[list(columns)]).tolist()
        totals = [0.0] * width
        for column, value in row:
            weights = self.values[column * width : (column + 1) * width]
            totals = [total + value * one for total, one in zip(totals, weights, strict=True)]
        return totals


_ENCODERS: Any = {
    "openings": _Openings,
    "static": _Static,
    "surface": _Surface,
    "tfidf": _Tfidf,
    "union": _Union,
}
_HEADS: Any = {"linear": _Linear, "centroid": _Centroid}
_ROUTERS: Any = {
    "constant": _Constant,
    "cuts": _Cuts,
    "keyword": _Keyword,
    "length": _Length,
    "pipeline": _Pipeline,
    "strong": _Strong,
    "sure": _Sure,
}
