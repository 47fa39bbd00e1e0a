"""`read`: whatever the file is, found from its content."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routelab._checks import InputError, existing_file
from routelab.reading.blocks import read_blocks
from routelab.reading.files import Rows
from routelab.reading.paths import PathLike, read_each
from routelab.reading.report import Report
from routelab.reading.unpack import read_bytes

KINDS = ("traffic", "outcomes", "decisions", "labels", "outages", "prices", "names")
_SMALL = 1 << 22


@dataclass(frozen=True, slots=True)
class Read:
    """What a file held.

    Attributes
    ----------
    kind : str
        ``"traffic"``, ``"outcomes"``, ``"decisions"``, ``"labels"``, ``"outages"``, ``"prices"``,
        or ``"names"`` (a list of labels, or of contaminated prompts, that goes with another file).
    data
        A DataFrame, an `OutcomeTable`, a `Catalog`, or a list.
    report : Report
    """

    kind: str
    data: Any
    report: Report

    def __repr__(self) -> str:
        return f"Read({self.kind}, {self.report.items:,} {self.report.unit})"

    def __str__(self) -> str:
        return f"kind       {self.kind}\n{self.report}"


def read(path: PathLike | Iterable[PathLike]) -> Read:
    r"""Read a log, outcomes, labels, outages or prices, found from the content.

    Parameters
    ----------
    path : path or list of paths
        A file, a folder or a pattern; several files must hold the same kind of data.

    Returns
    -------
    Read
        `kind`, `data` and `report`.

    Raises
    ------
    InputError
        No such file, files of several kinds, or one that nobody recognises.

    See Also
    --------
    read_log, read_outcomes, read_decisions, read_labels, read_outages, read_prices :
        With the options of each kind.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "mine.csv")
    >>> _ = path.write_text("prompt,route\nhello,small\nprove it,large\n")
    >>> read(path)
    Read(labels, 2 prompts)
    """
    named, skipped = read_each(path, "file", lambda name: (name, kind_of(name)))
    kinds = dict(named)
    found = sorted(set(kinds.values()))
    if len(found) > 1:
        example = {kind: next(n for n, k in kinds.items() if k == kind) for kind in found}
        told = ", ".join(f"{kind} ({Path(name).name})" for kind, name in example.items())
        raise InputError(f"the files are of several kinds: {told}; read them one kind at a time")
    result = _read(found[0], list(kinds))
    result.report.warnings[:0] = skipped
    return result


def kind_of(path: PathLike) -> str:
    """Return which of `KINDS` a file is, from its first part.

    Raises
    ------
    InputError
        Nobody recognises it; the message lists what was looked for.
    """
    existing_file(path, "file")
    name = str(path)
    if Path(name).suffix.lower() in (".yaml", ".yml"):
        return _yaml_kind(name)
    if _names(name) is not None:
        return "names"
    block = next(read_blocks(name, what="file"), None)
    if block is None:
        raise InputError(f"{name}: only a header, no rows")
    rows = block()
    found = _kind(rows)
    if found is None:
        raise InputError(
            f"{name}: neither a log nor outcomes, labels, outages or prices (columns: "
            f"{', '.join(rows.names[:20])}); read_log(columns=...) and read_labels(label=...) "
            "take other names, on the command line --columns and --label"
        )
    return found


def _kind(rows: Rows) -> str | None:
    from routelab.labels.readers import detect as labels
    from routelab.outages.readers import detect as outages
    from routelab.outcomes.decisions import is_decisions
    from routelab.outcomes.readers import detect as outcomes
    from routelab.prices.readers import detect as prices
    from routelab.traffic import detect as traffic

    log = traffic(rows)
    if log is not None and log != "generic":
        return "traffic"
    if outages(rows):
        return "outages"
    if rows.kind == "json" and len(rows) == 1 and prices(rows.first):
        return "prices"
    if is_decisions(rows):
        return "decisions"
    table = outcomes(rows)
    if table is not None and not (table == "wide" and log):  # a log has columns of numbers, too
        return "outcomes"
    if labels(rows):
        return "labels"
    return "traffic" if log else None


def _yaml_kind(path: str) -> str:
    from routelab._yaml import read_yaml

    data = read_yaml(path, "file").data
    if isinstance(data, list) or (isinstance(data, dict) and "outages" in data):
        return "outages"
    models = data.get("models") if isinstance(data, dict) else None
    if isinstance(models, dict) and all(isinstance(one, dict) for one in models.values()):
        return "prices"
    raise InputError(f"{path}: neither outages nor a catalog of models")


def _read(kind: str, paths: list[str]) -> Read:
    import routelab as rl

    if kind == "traffic":
        log = rl.read_log(paths)
        return Read(kind, log.frame, log.report)
    if kind == "outcomes":
        table = rl.read_outcomes(paths)
        assert table.report is not None
        return Read(kind, table, table.report)
    if kind == "labels":
        return Read(kind, *rl.load_labels(paths))
    if kind == "outages":
        return Read(kind, *rl.load_outages(paths))
    if kind == "prices":
        return Read(kind, *rl.load_prices(paths))
    if len(paths) > 1:
        raise InputError(f"{kind} are read one file at a time, got {len(paths)}")
    if kind == "decisions":
        return Read(kind, *rl.read_decisions(paths[0]))
    found = _names(paths[0])
    assert found is not None
    rows, names = found
    report = Report("names", rows, rows, [], [], kind="names", items=len(names))
    return Read(kind, names, report)


def _names(path: str) -> tuple[int, list[str]] | None:
    """Return how many entries a file of names has, and the names; None for anything else.

    Lists of labels, labels by group, and RouteLLM's lists of contaminated prompts.
    """
    if not path.endswith((".json", ".jsonl")) or Path(path).stat().st_size > _SMALL:
        return None
    text = read_bytes(path, "file").decode("utf-8-sig", "surrogateescape")
    try:
        if path.endswith(".jsonl"):
            lines = [json.loads(line) for line in text.split("\n") if line.strip()]
            prompts = [line["eval_prompt"] for line in lines]
            return len(prompts), prompts
        document = json.loads(text)
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    if isinstance(document, list) and document and all(isinstance(n, str) for n in document):
        return len(document), document
    groups = list(document.values()) if isinstance(document, dict) else []
    plain = all(isinstance(g, list) and all(isinstance(n, str) for n in g) for g in groups)
    if groups and plain:
        return len(groups), [name for group in groups for name in group]
    return None
