"""A data set in three parts, and a book of who has looked at the last one."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab._html import esc, table
from routelab.encoders import check_prompts
from routelab.evaluate._ledger_file import (
    PARTS,
    LedgerFile,
    Opening,
    hashes,
    locked,
    read_ledger,
    write_ledger,
)
from routelab.evaluate._ledger_warnings import told_warnings
from routelab.evaluate._parts import check_shares, deal, whole_groups
from routelab.evaluate._text import one_line
from routelab.routers._labels import plain_text


class SplitLedger:
    """Parts to fit on, to tune on and to report on; the last one is opened once per question.

    A figure is honest when its prompts chose nothing. So the part `report` is given out only for a
    question, and the ledger writes down each opening: question, time, and how many candidates were
    looked at. The file holds no prompts, only their SHA-256. (Whoever guesses a prompt can check
    the guess: keep the file of a secret data set with the data.)

    Make one with :meth:`create`, and later on use :meth:`open`.

    Parameters
    ----------
    path : path
        Of the ledger's JSON file.
    data : DataFrame or OutcomeTable
    content : LedgerFile

    Examples
    --------
    >>> import tempfile
    >>> frame = pd.DataFrame({"prompt": [f"{'sort' if i % 2 else 'poem'} {i}" for i in range(20)],
    ...                       "label": ["art", "code"] * 10})
    >>> path = os.path.join(tempfile.mkdtemp(), "split.json")
    >>> ledger = SplitLedger.create(path, frame, threshold=None)
    >>> len(ledger.fit), len(ledger.tune), len(ledger.report("is knn better than length?"))
    (12, 4, 4)
    >>> ledger.openings.question.tolist()
    ['is knn better than length?']
    """

    def __init__(self, path: str | os.PathLike[str], data: Any, content: LedgerFile):
        self.path = Path(path)
        self._data = data
        self._content = content

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        data: Any,
        *,
        shares: tuple[float, float, float] = (0.6, 0.2, 0.2),
        seed: int = 0,
        threshold: float | None = 0.8,
    ) -> SplitLedger:
        """Split a data set and write the ledger.

        Parameters
        ----------
        path : path
            A file that does not exist yet; a lock file stays beside it.
        data : DataFrame or OutcomeTable
            A frame has the column `prompt`; `label` is spread evenly over the parts, rows of one
            `group` stay together.
        shares : tuple of float, default (0.6, 0.2, 0.2)
            Of the prompts, for fit, tune and report.
        seed : int, default 0
        threshold : float or None, default 0.8
            Near-duplicates of this similarity stay together, see `near_duplicates`; None: only
            equal texts do.

        Raises
        ------
        InputError
            The file exists, the shares are none, or a part would be empty.
        """
        wanted = check_shares(shares, len(PARTS))
        prompts = _prompts(data)
        labels, given = (_column(data, name) for name in ("label", "group"))
        groups = whole_groups(prompts, given, threshold)
        part = deal(labels, groups, wanted, seed)
        names = np.array(hashes(prompts), dtype=object)
        parts = {name: tuple(sorted(names[part == i])) for i, name in enumerate(PARTS)}
        for name, held in parts.items():
            if not held:
                raise InputError(
                    f"the part {name!r} is empty: {len(set(groups.tolist()))} different prompts or "
                    f"groups are too few for the shares {wanted}"
                )
        content = LedgerFile.model_validate(
            {"seed": seed, "shares": wanted, "threshold": threshold, "parts": parts}
        )
        with locked(path):
            if Path(path).exists():
                raise InputError(
                    f"{str(path)!r} exists already: SplitLedger.open goes on with it, and a new "
                    "ledger would forget its openings"
                )
            write_ledger(path, content)
        return cls(path, data, content)

    @classmethod
    def open(cls, path: str | os.PathLike[str], data: Any) -> SplitLedger:
        """Go on with a ledger and the data that it was made for, in any order of rows.

        Labels and outcomes may have been corrected; prompts may not have changed.

        Raises
        ------
        InputError
            No such ledger, or prompts that are new, gone or changed: says how many.
        """
        content = read_ledger(path)
        here = Counter(hashes(_prompts(data)))
        there = Counter(name for part in content.parts.values() for name in part)
        new, gone = (here - there).total(), (there - here).total()
        if new or gone:
            raise InputError(
                f"the data is not that of the ledger {str(path)!r}: {new} of its "
                f"{here.total()} prompts are new, {gone} of the ledger's {there.total()} are gone"
            )
        return cls(path, data, content)

    @property
    def fit(self) -> Any:
        """The part to fit on, of the type of the data."""
        return self._taken("fit")

    @property
    def tune(self) -> Any:
        """The part to choose parameters and candidates on."""
        return self._taken("tune")

    def report(self, question: str, *, candidates: int = 1, again: bool = False) -> Any:
        """Open the part to report on, and write that down.

        Parameters
        ----------
        question : str
            What is to be found out, in words; equal but for case and white space is the same.
        candidates : int, default 1
            How many routers or settings will be looked at to pick the best one.
        again : bool, default False
            Open it for a question that was asked before; it counts.

        Raises
        ------
        InputError
            The question is empty or was asked before; the file is no longer this ledger.
        """
        asked = check_prompts([question])[0].strip()
        if not asked:
            raise InputError("name the question that the report part is opened for")
        if not isinstance(candidates, int | np.integer) or candidates < 1:
            raise InputError(f"'candidates' must be a whole number from 1, got {candidates!r}")
        with locked(self.path):
            content = self._now()
            same = [o for o in content.openings if plain_text(o.question) == plain_text(asked)]
            if same and not again:
                raise InputError(
                    f"the report part was opened for {asked!r} on {same[-1].time:%Y-%m-%d %H:%M} "
                    "UTC: use what was found then, or pass again=True, which counts"
                )
            opening = Opening(question=asked, candidates=int(candidates))
            openings = (*content.openings, opening)
            write_ledger(self.path, content.model_copy(update={"openings": openings}))
        return self._taken("report")

    @property
    def openings(self) -> pd.DataFrame:
        """One row per opening, by any process: ``question``, ``time`` (UTC), ``candidates``."""
        found = self._now().openings
        return pd.DataFrame(
            {
                "question": pd.Series([o.question for o in found], dtype=object),
                "time": pd.to_datetime(pd.Series([o.time for o in found], dtype=object), utc=True),
                "candidates": pd.Series([o.candidates for o in found], dtype=int),
            }
        )

    @property
    def sizes(self) -> dict[str, int]:
        """Prompts of each part."""
        return {name: len(self._content.parts[name]) for name in PARTS}  # type: ignore[index]

    def warnings(self, standard_error: float | None = None) -> list[str]:
        """Return what makes the figures of the report part less honest, a sentence each.

        Parameters
        ----------
        standard_error : float, optional
            Of one candidate's figure, to say in its units how far the best of several is too high.
            `selection_optimism` is sharper where there are resamples.
        """
        return told_warnings(self._now(), standard_error)

    def _now(self) -> LedgerFile:
        """Return the file as it is now, with what other processes wrote."""
        content = read_ledger(self.path)
        if content.parts != self._content.parts:
            raise InputError(f"{str(self.path)!r} is another ledger now: open it again")
        return content

    def _taken(self, part: str) -> Any:
        held = set(self._content.parts[part])  # type: ignore[index]
        names = hashes(_prompts(self._data))
        rows = np.flatnonzero([name in held for name in names])
        frame = isinstance(self._data, pd.DataFrame)
        return self._data.iloc[rows] if frame else self._data.take(rows)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}={size}" for name, size in self.sizes.items())
        return f"SplitLedger({sizes})"

    def __str__(self) -> str:
        sizes = ", ".join(f"{name} {size:,}" for name, size in self.sizes.items())
        openings = self.openings
        lines = [f"{sizes} prompts; the report part was opened {len(openings)} times"]
        lines += [
            f"  {row['time']:%Y-%m-%d %H:%M}  {one_line(row['question'])} ({row['candidates']})"
            for row in openings.to_dict("records")
        ]
        return "\n".join([*lines, *self.warnings()])

    def _repr_html_(self) -> str:
        rows = [
            [row["question"], f"{row['time']:%Y-%m-%d %H:%M}", row["candidates"]]
            for row in self.openings.to_dict("records")
        ]
        told = str(self).split("\n", 1)[0]
        items = "".join(f"<li>{esc(line)}</li>" for line in self.warnings())
        return f"{table(['question', 'opened (UTC)', 'candidates'], rows, told)}<ul>{items}</ul>"


def _prompts(data: Any) -> list[str]:
    if isinstance(data, pd.DataFrame):
        if "prompt" not in data:
            raise InputError(f"data has no column 'prompt', only {', '.join(map(str, data))}")
        return check_prompts(data["prompt"].tolist())
    if not (hasattr(data, "prompts") and hasattr(data, "take")):
        raise InputError(f"data must be a DataFrame or an OutcomeTable, got {type(data).__name__}")
    return check_prompts(data.prompts)


def _column(data: Any, name: str) -> list[Any] | None:
    frame = isinstance(data, pd.DataFrame) and name in data
    return data[name].tolist() if frame else None
