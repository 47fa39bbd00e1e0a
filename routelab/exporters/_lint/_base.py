"""What a check is, what it yields, and how it is registered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

from routelab._checks import did_you_mean
from routelab._registry import Registry
from routelab.exporters._lint._config import Config

SEVERITIES = ("error", "warning", "note")
LONGEST = 60
MOST_NAMES = 500
# Shapes of credentials: OpenAI and Anthropic, AWS, GitHub, Slack, Google, Groq, Hugging Face, a
# private key, and a password inside an address.
SECRET_SHAPE = re.compile(
    r"\bsk-[\w-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{10,}"
    r"|\bAIza[\w-]{30,}|\bgsk_\w{20,}|\bhf_\w{20,}|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|://[^/\s:@]*:[^/\s:@]+@"
)


@dataclass(frozen=True, slots=True)
class Spot:
    """One place where a check found something.

    Attributes
    ----------
    where : tuple
        Keys and indices that lead to the place.
    message : str
        What is there, and what happens.
    fix, severity : str, optional
        What to do, and how bad it is, where they differ from those of the check.
    """

    where: tuple[Any, ...]
    message: str
    fix: str | None = None
    severity: str | None = None


Find = Callable[[Config], Iterator[Spot]]


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check.

    Attributes
    ----------
    id : str
        Stable: an id never changes its meaning and is never given away again.
    rule : str
        The same as a word.
    severity : {"error", "warning", "note"}
        An error stops the proxy, or drops or ignores what was written; a warning does something
        other than what it looks like; a note surprises, but works.
    why, fix : str
        Why it matters, and what to do.
    find : callable
        Takes a :class:`Config` and yields a :class:`Spot` for each finding.
    """

    id: str
    rule: str
    severity: str
    why: str
    fix: str
    find: Find


CHECKS: Registry[Check] = Registry("lint check", "routelab.exporters._lint")


def check(
    id: str,
    rule: str,
    severity: str,
    *,
    why: str,
    fix: str,  # noqa: A002
) -> Callable[[Find], Find]:
    """Return a decorator that registers a function as the check `id`."""

    def keep(find: Find) -> Find:
        CHECKS.register(id)(Check(id, rule, severity, why, fix, find))
        return find

    return keep


def shown(value: Any) -> str:
    """Return a value as it may stand in a message: short, and without what looks secret.

    Examples
    --------
    >>> shown("gpt-4o"), shown("sk-abcdefghijklmnopqrst"), shown([1, 2])
    ("'gpt-4o'", "'***'", 'a list')
    """
    if isinstance(value, str):
        return repr(cut(mask(value)))
    for kind, name in ((dict, "a mapping"), (list, "a list"), (set, "a set"), (bytes, "bytes")):
        if isinstance(value, kind):
            return name
    try:
        return cut(repr(value))
    except ValueError:  # an integer of more than 4300 digits
        return "a very long number"


def cut(text: str) -> str:
    """Return at most 60 characters of a text."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def mask(text: str) -> str:
    """Return a text with three stars for what has the shape of a credential."""
    return SECRET_SHAPE.sub("***", text)


def near(name: Any, known: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)"; nothing for long names and lists, where it takes too long."""
    names = list(known)
    short = isinstance(name, str) and len(name) <= LONGEST and len(names) <= MOST_NAMES
    return did_you_mean(name, names) if short else ""


def is_number(value: Any) -> TypeGuard[int | float]:
    """Return whether a value is a number, and not a boolean."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
