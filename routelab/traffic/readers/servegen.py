"""ServeGen: rates, burstiness and token distributions per client, sampled into requests."""

from __future__ import annotations

import math
import os
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.reading.files import Rows, read_bytes
from routelab.reading.values import numbers, texts
from routelab.traffic.readers import _servegen as sampling
from routelab.traffic.readers._base import READERS, Parsed, Reader

WINDOW_S = 600
_COLUMNS = ("start", "rate", "cv", "pattern", "shape", "scale")
_PATTERNS = ("Gamma", "Weibull")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


@READERS.register("servegen")
class ServeGen(Reader):
    r"""ServeGen aggregates: ``<model>/chunk-<client>-trace.csv`` with its ``-dataset.json`` beside.

    The trace has no header: window start (s), rate (requests per second), coefficient of variation
    of the gaps, pattern (Gamma, Weibull, or empty when idle), and the shape and the scale of the
    gaps, one row per ten minutes. Rate x 600 s is the count that was observed: as many requests are
    placed in the window, with gaps of the given shape. The scale follows from the rate; the one in
    the file does not: fitted Weibull scales miss the rate by more than half in a quarter of the
    published windows. Input and output tokens are drawn independently from the distributions of
    their six hours; `reason_ratio` is the share of the output that is reasoning.

    Parameters
    ----------
    seed : int, default 0
        Each client draws from a generator of its own, made of seed, model and client, so that the
        order of the files does not matter.
    hours : float, optional
        Only so many hours from second 0. Default: all.
    scale : float, default 1.0
        Share of the requests to draw; above 1 there are more than were observed.
    max_requests : int, default 1_000_000
        At most so many per file. Rates above that are scaled down, with a warning that says by how
        much; choose `scale` instead to keep the proportions between clients.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from routelab.traffic import read_log
    >>> trace = pathlib.Path(tempfile.mkdtemp(), "chunk-7-trace.csv")
    >>> _ = trace.write_text("0,0.5,1.02,Gamma,0.96,2.08\n600,0,0,,0,0\n")
    >>> read = read_log(trace, format="servegen", seed=1)
    >>> len(read.frame), read.frame.user[0], read.report.rows_read
    (300, '7', 2)
    """

    title = "ServeGen (headerless chunk-<client>-trace.csv, -dataset.json beside it; sampled)"
    whole = True

    def __init__(
        self,
        *,
        seed: int = 0,
        hours: float | None = None,
        scale: float = 1.0,
        max_requests: int = 1_000_000,
    ):
        self.seed = seed
        self.hours = hours
        self.scale = scale
        self.max_requests = max_requests

    def sniff(self, rows: Rows) -> bool:
        """Look for six columns of numbers and a pattern, or for windows of distributions."""
        if rows.kind == "json":
            return _is_dataset(rows.first)
        if rows.kind != "csv" or rows.table is None or rows.table.shape[1] != len(_COLUMNS):
            return False
        cells = [str(cell) for cell in rows.table.iloc[0]]
        pattern = cells.pop(3).strip()
        return pattern in ("", *_PATTERNS) and all(map(_NUMBER.fullmatch, (rows.names[0], *cells)))

    def expand(self, rows: Rows) -> Rows:
        """Make the line that was taken for a header a row again, and each window of a dataset."""
        if rows.kind == "json":
            windows = [
                {"window": start, "distributions": columns}
                for record in rows.dicts()
                for start, columns in record.items()
            ]
            origin = [i for i, record in enumerate(rows.dicts()) for _ in record]
            return rows.expanded(origin, windows)
        return _with_first_line(rows)

    def parse(self, rows: Rows) -> Parsed:
        """Draw the requests of every window."""
        self._check_options()
        nothing = pd.DataFrame({"timestamp": pd.Series(dtype="float64")})
        parsed = Parsed(nothing, time_unit="s", origin=np.empty(0, dtype=np.int64))
        if rows.kind == "json":
            reason = "token distributions: read the -trace.csv beside it"
            parsed.aside = dict.fromkeys(range(len(rows)), reason)
            return parsed
        model, client = _names(rows.path)
        entropy = [self.seed, zlib.crc32(model.encode()), zlib.crc32(client.encode())]
        rng = np.random.default_rng(entropy)
        parsed.warnings.append(
            "ServeGen holds rates, not requests: arrivals and token counts are drawn "
            f"(seed {self.seed}), input and output independently"
        )
        window, seconds = self._arrivals(rows, parsed, rng)
        if not len(window):
            return parsed
        parsed.origin = window
        parsed.frame = pd.DataFrame({"timestamp": seconds})
        stem = f"{model}-{client}-"
        parsed.frame["request_id"] = [f"{stem}{number}" for number in range(len(window))]
        parsed.frame["model"] = model
        parsed.frame["user"] = client
        self._add_tokens(rows.path, client, parsed, rng)
        return parsed

    def _check_options(self) -> None:
        options: dict[str, Any] = {"scale": self.scale, "max_requests": self.max_requests}
        if self.hours is not None:
            options["hours"] = self.hours
        for name, value in options.items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 < value < math.inf:
                raise InputError(f"{name!r} must be a number above 0, got {value!r}")
        for name, value in (("seed", self.seed), ("max_requests", self.max_requests)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise InputError(f"{name!r} must be a whole number of at least 0, got {value!r}")

    def _arrivals(
        self, rows: Rows, parsed: Parsed, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the window and the second of each request; windows without any go aside."""
        start, rate, shape, weibull = _windows(rows, parsed)
        limit = math.inf if self.hours is None else self.hours * 3600
        seconds = np.clip(limit - start, 0.0, WINDOW_S)
        expected = float((rate * seconds).sum()) * self.scale
        share = self.scale
        if expected > self.max_requests:
            share = self.scale * self.max_requests / expected
            parsed.warnings.append(
                f"{rows.path}: {expected:.0f} requests are expected, more than max_requests="
                f"{self.max_requests}: rates are scaled by {self.max_requests / expected:.4g}"
            )
        counts = sampling.draw_counts(rate, seconds, share, rng)
        window, position = sampling.draw_arrivals(counts, shape, weibull, rng)
        if len(window) > self.max_requests:
            kept = np.sort(rng.choice(len(window), self.max_requests, replace=False))
            window, position = window[kept], position[kept]
        empty = np.setdiff1d(np.arange(len(rows)), window)
        for row in (int(row) for row in empty):
            if row not in parsed.refused:
                parsed.aside[row] = _why_empty(rate[row], seconds[row])
        # The stamps' microseconds must not carry a request into the next window.
        last = np.maximum(seconds[window] - 1e-6, 0.0)
        return window, start[window] + np.minimum(position * seconds[window], last)

    def _add_tokens(self, path: str, client: str, parsed: Parsed, rng: np.random.Generator) -> None:
        names = [f"chunk-{client}-dataset.json{packed}" for packed in ("", ".gz", ".zst")]
        beside = [Path(path).with_name(name) for name in names]
        dataset = next((file for file in beside if file.is_file()), None)
        if dataset is None:
            parsed.warnings.append(
                f"no {names[0]} beside {path}: its requests have no token counts"
            )
            return
        try:
            windows = sampling.read_datasets(dataset)
        except InputError as error:
            parsed.warnings.append(f"{error}: requests have no token counts")
            return
        frame = parsed.frame
        drawn, problems = sampling.draw_tokens(frame["timestamp"].to_numpy(), windows, rng)
        parsed.warnings += [f"{dataset}: {text}: tokens are missing" for text in problems]
        ratio = drawn.pop("reason_ratio", None)
        for name, values in drawn.items():
            frame[name] = values
        if ratio is not None:
            frame["reasoning_tokens"] = np.round(np.minimum(ratio, 1.0) * drawn["output_tokens"])


def _is_dataset(record: dict[str, Any]) -> bool:
    return bool(record) and all(sampling.is_window(k, v) for k, v in record.items())


def _names(path: str) -> tuple[str, str]:
    """Return model and client: the folder's name, and the part of the file's name in the middle."""
    name = Path(path).name
    match = re.fullmatch(r"chunk-(.+)-trace\..*", name)
    return Path(os.path.abspath(path)).parent.name, match.group(1) if match else name.split(".")[0]


def _with_first_line(rows: Rows) -> Rows:
    """Return `rows` with the file's first line as row 0: these files have no header."""
    text = read_bytes(rows.path).removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = enumerate(text.split("\n"), start=1)
    number, first = next((n, line.removesuffix("\r")) for n, line in lines if line.strip())
    cells = [cell.strip().strip('"') for cell in first.split(max(",\t;", key=first.count))]
    cells = [*cells, *[""] * len(_COLUMNS)][: len(_COLUMNS)]
    assert rows.table is not None
    table = rows.table.set_axis(list(_COLUMNS), axis=1)
    head = pd.DataFrame([cells], columns=list(_COLUMNS), dtype="string")
    table = pd.concat([head, table], ignore_index=True)

    def raw(row: int) -> str:
        return rows.raw(row - 1) if row else first

    places = np.concatenate([[number], rows.lines])
    return Rows(rows.path, "csv", places, raw, table=table, rejects=rows.rejects)


def _windows(rows: Rows, parsed: Parsed) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return start, rate, shape and whether gaps are Weibull; what is out of order is refused."""
    start, rate, shape = (
        numbers(rows.column(name))[0].to_numpy(copy=True) for name in ("start", "rate", "shape")
    )
    pattern = texts(rows.column("pattern")).str.strip()
    active = rate > 0
    faults = (
        ("start", ~(start >= 0) | (start % WINDOW_S != 0), "is not a multiple of 600 seconds"),
        ("rate", ~((rate >= 0) & (rate <= 1e9)), "is not between 0 and 1e9 per second"),
        ("pattern", active & ~pattern.isin(_PATTERNS).to_numpy(), "is neither Gamma nor Weibull"),
        ("shape", active & ~((shape >= 1e-3) & (shape <= 1e3)), "is not between 0.001 and 1000"),
    )
    bad = np.zeros(len(rows), dtype=bool)
    for name, wrong, why in faults:
        bad |= wrong
        for row in np.flatnonzero(wrong):
            shown = str(rows.column(name).iloc[row])[:60]
            parsed.refused.setdefault(int(row), f"{name} {shown!r} {why}")
    start[bad], rate[bad] = 0.0, 0.0
    shape = np.where(active & ~bad, shape, 1.0)
    return start, rate, shape, pattern.isin(["Weibull"]).to_numpy()


def _why_empty(rate: float, seconds: float) -> str:
    if rate == 0:
        return "an idle window"
    return "after the hours that were asked for" if seconds == 0 else "no request was drawn"
