"""Another log for the budget panel, and the sentence that accounts for it."""

from __future__ import annotations

import pandas as pd

from routelab._checks import InputError
from routelab._words import counted
from routelab.traffic import read_log
from routelab.ui._file_loader import account
from routelab.ui._uploaded import uploaded_file

ABOUT = (
    "A log of your gateway, in any format that read_log knows; the settings stay. Of what is "
    "uploaded nothing is stored: other notebooks and scripts need the path."
)


def read_uploaded(name: str, content: bytes) -> tuple[pd.DataFrame, str]:
    """Read a log that was uploaded: nothing of it stays on disk."""
    with uploaded_file(name, content) as path:
        return read_told(path, name)


def read_told(path: str, name: str) -> tuple[pd.DataFrame, str]:
    """Return the traffic of a log, and what its reader says of it."""
    found = read_log(path)
    if not len(found.frame):
        raise InputError(f"{name} holds no request")
    told = f"{counted(found.report.rows_read, 'row')} read, {counted(len(found.frame), 'request')}"
    return found.frame, f"{told}{account(found.report, path, name)}."
