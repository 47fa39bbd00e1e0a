"""Names of models: the same model is spelt differently from file to file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from routelab._checks import InputError, did_you_mean

_DATE = re.compile(r"(?:[-@](?:20\d\d-?[01]\d-?[0-3]\d|[01]\d[0-3]\d))$")


def suggest_aliases(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Suggest which of `known` each of `names` may be: look at them before you use them.

    Parameters
    ----------
    names : iterable of str
        Names as a file spells them.
    known : iterable of str
        Names as you spell them.

    Returns
    -------
    dict of str to str
        Only names that differ from their suggestion. Two names are taken for one model when they
        are equal after the provider's prefix (``openai/``), case, ``.``, ``_`` and spaces for
        ``-``, and a date at the end (``-2024-08-06``, ``-0613``) are put aside. Where that leaves
        a choice, there is no suggestion.

    Examples
    --------
    >>> suggest_aliases(["openai/GPT-4o-2024-08-06", "o3"], ["gpt-4o", "gpt-4o-mini"])
    {'openai/GPT-4o-2024-08-06': 'gpt-4o'}
    """
    ours = list(dict.fromkeys(known))
    found = {}
    for name in dict.fromkeys(names):
        if name in ours:
            continue
        for plain in (_same, _plain):
            match = [one for one in ours if plain(one) == plain(name)]
            if len(match) == 1:
                found[name] = match[0]
                break
    return found


def rename_models(table: pd.DataFrame, aliases: Mapping[str, str]) -> pd.DataFrame:
    """Return the columns under their aliases; two that become one are an error."""
    names = [aliases.get(name, name) for name in map(str, table.columns)]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"aliases give two models the name {name!r}")
    return table.set_axis(names, axis=1)


def check_aliases(aliases: Mapping[str, str], models: Iterable[str]) -> None:
    """Refuse an alias for a model that no table has."""
    known = list(models)
    for name in aliases:
        if name not in known:
            raise InputError(f"no model {name!r} to rename{did_you_mean(name, known)}")


def _same(name: str) -> str:
    plain = name.lower().rsplit("/", 1)[-1]
    return re.sub(r"[._\s]+", "-", plain)


def _plain(name: str) -> str:
    return _DATE.sub("", _same(name))
