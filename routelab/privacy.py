"""Take personal data and secrets out of prompts, and names out of ids, before a log is shared.

Patterns with checksums where there are any. They find what has a form: addresses, numbers, keys.
They do not find names of people, streets, dates of birth, or secrets that look like words; a log
that must hold none of these should be read without its prompts.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterable

import pandas as pd

from routelab._checks import InputError

_SHORTEST_SALT = 16
_IDS = ("user", "session_id")
_DOUBLED = str.maketrans("0123456789", "0246813579")  # the digit sum of twice the digit
_GROUP = re.compile(r"[^A-Za-z0-9]*[A-Za-z0-9]+")
_GROUP_END = re.compile(r"(?<=[A-Za-z0-9])[^A-Za-z0-9]")


def _luhn(digits: str) -> bool:
    """Check a card number (ISO/IEC 7812-1, annex B)."""
    if not 13 <= len(digits) <= 19:
        return False
    return sum(map(int, digits[-1::-2] + digits[-2::-2].translate(_DOUBLED))) % 10 == 0


def _is_card(text: str) -> bool:
    return _luhn(re.sub(r"[ -]", "", text))


def _is_iban(text: str) -> bool:
    """Check an account number (ISO 13616: remainder 1 modulo 97)."""
    plain = text.replace(" ", "")
    turned = plain[4:] + plain[:4]
    digits = "".join(str(int(mark, 36)) for mark in turned)
    return 15 <= len(plain) <= 34 and int(digits) % 97 == 1


def _is_phone(text: str) -> bool:
    """Check the number of digits (ITU-T E.164: at most 15)."""
    return 8 <= sum(mark.isdigit() for mark in text) <= 15


def _always(text: str) -> bool:
    return True


# Every repetition is bounded or over one class of characters, so the time is linear.
_RULES: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("KEY", re.compile(
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s:,.\-]{0,20000}?"
        r"-----END [A-Z ]{0,30}PRIVATE KEY-----"), _always),
    ("KEY", re.compile(r"\beyJ[\w-]{8,4000}\.[\w-]{8,8000}\.[\w-]{0,2000}", re.ASCII), _always),
    ("KEY", re.compile(
        r"\b(?:sk-[\w-]{16,200}|[rsp]k_(?:live|test)_\w{16,200}|A(?:KIA|SIA)[0-9A-Z]{16}"
        r"|gh[oprsu]_\w{30,100}|github_pat_\w{30,200}|glpat-[\w-]{20,100}"
        r"|xox[abeoprs]-[\w-]{10,200}|AIza[\w-]{35}|hf_[A-Za-z0-9]{30,60}|gsk_\w{30,100}"
        r"|npm_\w{36}|pypi-[\w-]{50,300})", re.ASCII), _always),
    ("KEY", re.compile(r"(?<=Bearer )[\w.~+/=-]{16,4000}", re.ASCII), _always),
    ("KEY", re.compile(
        r"(?:(?<=key=)|(?<=token=)|(?<=secret=)|(?<=password=)|(?<=passwd=))"
        r"[^\s\"'&;,\[\]]{6,200}", re.IGNORECASE), _always),
    ("EMAIL", re.compile(
        r"(?<![\w.%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"),
     _always),
    ("IBAN", re.compile(
        r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _is_iban),
    ("CARD", re.compile(  # in one piece, in fours, or in the groups of Amex and Diners
        r"(?<![0-9])(?:[0-9]{13,19}|(?:[0-9]{4}[ -]){3}[0-9]{4}(?:[ -][0-9]{1,3})?"
        r"|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5})(?![0-9])"), _is_card),
    ("PHONE", re.compile(r"(?<![\w+])\+[0-9][0-9 ().-]{6,20}[0-9]"), _is_phone),
    ("PHONE", re.compile(
        r"(?<![\w.-])(?:\([0-9]{3}\) ?|[0-9]{3}[-. ])[0-9]{3}[-. ][0-9]{4}(?![\w-])"), _always),
)  # fmt: skip


def redact(text: str) -> str:
    """Replace e-mail addresses, phone and card numbers, IBANs and keys by their kind.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        With ``[EMAIL]``, ``[PHONE]``, ``[CARD]``, ``[IBAN]`` and ``[KEY]`` in their places.

    Notes
    -----
    Cards, in one piece or in their printed groups, are checked by Luhn's sum, IBANs by their
    remainder: other long numbers stay, and numbers beside one do not hide it.
    Phone numbers are found with a ``+`` and a country, or in the North American form. Keys are
    those of OpenAI, Anthropic, AWS, GitHub, GitLab, Slack, Google, Hugging Face, Stripe, Groq, npm
    and PyPI, JSON web tokens, bearer tokens, private key blocks, and what stands after ``key=``,
    ``token=``, ``secret=`` or ``password=``.

    Examples
    --------
    >>> redact("write to ann@example.org or +44 20 7946 0958, card 4111 1111 1111 1111")
    'write to [EMAIL] or [PHONE], card [CARD]'
    """
    return _redacted(text, {})


def redact_traffic(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Redact the prompts of traffic.

    Parameters
    ----------
    frame : DataFrame
        Traffic; its column `prompt` is redacted, the others stay.

    Returns
    -------
    frame : DataFrame
        A new frame.
    counts : dict of str to int
        How many of each kind were replaced.

    Examples
    --------
    >>> import pandas as pd
    >>> frame, counts = redact_traffic(pd.DataFrame({"prompt": ["mail a@b.org", None]}))
    >>> frame.prompt[0], counts
    ('mail [EMAIL]', {'EMAIL': 1})
    """
    counts: dict[str, int] = {}
    if "prompt" not in frame:
        return frame.copy(), counts
    prompts = frame["prompt"].astype("string")
    plain = [None if pd.isna(text) else _redacted(text, counts) for text in prompts]
    return frame.assign(prompt=pd.Series(plain, index=frame.index, dtype="string")), counts


def hash_ids(frame: pd.DataFrame, salt: str | bytes, columns: Iterable[str] = _IDS) -> pd.DataFrame:
    """Replace ids by keyed hashes: equal ids stay equal, and nobody can look them up.

    Parameters
    ----------
    frame : DataFrame
        Traffic.
    salt : str or bytes
        At least 16 characters. It is not stored; the same salt gives the same hashes.
    columns : iterable of str, default ("user", "session_id")
        Columns that are absent are passed over.

    Returns
    -------
    DataFrame
        A new frame; ids are 16 hexadecimal digits of HMAC-SHA256 (RFC 2104).

    Raises
    ------
    InputError
        The salt is too short.

    Examples
    --------
    >>> import pandas as pd
    >>> hashed = hash_ids(pd.DataFrame({"user": ["ann", "bob", "ann"]}), "a long enough salt")
    >>> hashed.user[0] == hashed.user[2] != hashed.user[1]
    True
    """
    key = salt.encode() if isinstance(salt, str) else bytes(salt)
    if len(key) < _SHORTEST_SALT:
        raise InputError(f"the salt must have at least {_SHORTEST_SALT} characters")
    changed = {}
    for name in columns:
        if name in frame:
            text = frame[name].astype("string")
            known = {one: _hash(key, one) for one in text.dropna().unique()}
            changed[name] = text.map(known, na_action="ignore").astype("string")
    return frame.assign(**changed)


def salt_from_env(variable: str) -> str:
    """Return the salt that an environment variable holds."""
    salt = os.environ.get(variable, "")
    if len(salt) < _SHORTEST_SALT:
        state = "is not set" if not salt else f"holds {len(salt)} characters"
        raise InputError(
            f"the environment variable {variable!r} {state}; it must hold a secret salt of at "
            f"least {_SHORTEST_SALT} characters: export {variable}=..."
        )
    return salt


def _hash(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]


def _redacted(text: str, counts: dict[str, int]) -> str:
    for kind, pattern, check in _RULES:
        parts, done, at = [], 0, 0
        while found := pattern.search(text, at):
            end = _checked_end(found, check)
            if end is None:  # it may still begin at the next group: "2026 4111 1111 1111 1111"
                at = _GROUP.match(text, found.start()).end()  # type: ignore[union-attr]
            else:
                parts += [text[done : found.start()], f"[{kind}]"]
                counts[kind] = counts.get(kind, 0) + 1
                done = at = end
        text = "".join(parts) + text[done:]
    return text


def _checked_end(found: re.Match[str], check: Callable[[str], bool]) -> int | None:
    """Return where the longest part ends that passes: "4111 1111 1111 1111 000" holds a card."""
    text, end = found.group(0), found.end()
    if check(text):
        return end
    for group in reversed(list(_GROUP_END.finditer(text))):
        if check(text[: group.start()]):
            return found.start() + group.start()
    return None
