"""Findings of lint as SARIF 2.1.0, which code hosts show beside the lines."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from routelab import __version__
from routelab.exporters.lint import Finding, lint_checks

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_sarif(findings: Iterable[Finding], path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return findings of one config as a SARIF log with one run.

    Parameters
    ----------
    findings : iterable of Finding
    path : path-like
        The config, as it should be named: relative to the root of the repository for code hosts.

    References
    ----------
    OASIS, Static Analysis Results Interchange Format 2.1.0, 2020, sections 3.13 (log),
    3.27 (result) and 3.49 (rule).

    Examples
    --------
    >>> log = to_sarif([], "config.yaml")
    >>> log["version"], log["runs"][0]["tool"]["driver"]["name"], log["runs"][0]["results"]
    ('2.1.0', 'routelab lint', [])
    """
    rules = lint_checks()
    index = {entry.id: i for i, entry in enumerate(rules)}
    driver = {
        "name": "routelab lint",
        "version": __version__,
        "rules": [
            {
                "id": entry.id,
                "name": entry.rule,
                "shortDescription": {"text": entry.why},
                "help": {"text": entry.fix},
                "defaultConfiguration": {"level": entry.severity},
            }
            for entry in rules
        ],
    }
    uri = _uri(path)
    results = [_result(finding, index[finding.id], uri) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, index: int, uri: str) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": uri},
        "region": {"startLine": finding.line, "startColumn": finding.column},
    }
    return {
        "ruleId": finding.id,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": f"{finding.message}: {finding.why}. Fix: {finding.fix}."},
        "locations": [{"physicalLocation": place}],
    }


def _uri(path: str | os.PathLike[str]) -> str:
    pure = PurePath(path)
    return pure.as_uri() if pure.is_absolute() else quote(pure.as_posix())
