"""Logs of LLM gateways and published traces, read as traffic.

A new log format is one module in `readers/`: a subclass of `Reader` with `sniff` and `parse`,
registered in `READERS`. Checks, typing, rejects and the report are the same for all formats.
"""

from __future__ import annotations

from routelab.reading.report import ReadResult, Reject, Report
from routelab.traffic._convert import convert_log
from routelab.traffic._parts import detect
from routelab.traffic._read import read_log
from routelab.traffic._turns import session_turns
from routelab.traffic.readers import READERS, Parsed, Reader
from routelab.traffic.schema import COLUMNS, check_traffic, write_traffic

__all__ = [
    "COLUMNS",
    "READERS",
    "Parsed",
    "ReadResult",
    "Reader",
    "Reject",
    "Report",
    "check_traffic",
    "convert_log",
    "detect",
    "read_log",
    "session_turns",
    "write_traffic",
]
