"""From files to rows, and the account of what could not be read: shared by every kind of input."""

from __future__ import annotations

from routelab.reading.files import Rows, dig, read_rows
from routelab.reading.report import Reject, Report
from routelab.reading.unpack import read_bytes

__all__ = ["Reject", "Report", "Rows", "dig", "read_bytes", "read_rows"]
