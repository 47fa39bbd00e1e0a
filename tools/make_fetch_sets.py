"""Make routelab/fetch_sets.csv: where the public sets lie, and what their bytes hash to.

    python tools/make_fetch_sets.py MANIFEST.csv      # writes routelab/fetch_sets.csv

The manifest lists files with repository, commit, path, SHA-256 and licence. Only files that stand
in it byte for byte as they were published can be fetched, so only these are kept.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "routelab" / "fetch_sets.csv"
NAMES = ["set", "file", "repository", "commit", "path", "sha256", "bytes", "licence"]


def main(manifest: str) -> None:
    with open(manifest, encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if is_verbatim(row["derivation"])]
    with OUT.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow(NAMES)
        for row in sorted(rows, key=lambda row: row["file"]):
            writer.writerow([
                row["file"].split("/")[0], row["file"], row["source_repo"], row["source_commit"],
                row["source_path"], row["sha256"], row["bytes"], row["licence"],
            ])  # fmt: skip


def is_verbatim(derivation: str) -> bool:
    return derivation.startswith("verbatim") and "gzip" not in derivation


if __name__ == "__main__":
    main(sys.argv[1])
