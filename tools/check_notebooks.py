"""Check that the notebooks are in the form that is committed; needs no kernel.

    python tools/check_notebooks.py                # all of notebooks/

Exit code 1 and one line per problem. `tools/clean_notebooks.py` mends most of them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LIMIT_KB = 300
LIMIT_CODE_CELLS = 8
ABSOLUTE = re.compile(r"(?<![\w.])/(home|Users|tmp|root|work|mnt|var)/\w")


def problems(path: Path) -> Iterator[str]:
    """Yield what is wrong with one notebook."""
    text = path.read_text(encoding="utf-8")
    notebook = json.loads(text)
    if len(text) > LIMIT_KB * 1024:
        yield f"{len(text) // 1024} KB, the limit is {LIMIT_KB}"
    if set(notebook["metadata"]) - {"kernelspec", "language_info"}:
        yield f"metadata of the machine: {sorted(notebook['metadata'])}"
    code = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    if len(code) > LIMIT_CODE_CELLS:
        yield f"{len(code)} code cells, the limit is {LIMIT_CODE_CELLS}"
    if [c["execution_count"] for c in code] != list(range(1, len(code) + 1)):
        yield "not run from top to bottom"
    for number, cell in enumerate(notebook["cells"]):
        yield from (f"cell {number}: {what}" for what in _cell_problems(cell))


def _cell_problems(cell: dict[str, Any]) -> Iterator[str]:
    if set(cell["metadata"]) - {"tags"}:
        yield f"metadata {sorted(cell['metadata'])}"
    source = "".join(cell["source"])
    if cell["cell_type"] == "code":
        if source.rstrip().endswith(";"):
            yield "ends in ';', which hides nothing when the notebook is tested"
        if re.search(r"^\s*[%!]", source, re.MULTILINE):
            yield "a magic or a shell command"
    for output in cell.get("outputs", []):
        yield from _output_problems(output, cell["metadata"].get("tags", []))


def _output_problems(output: dict[str, Any], tags: list[str]) -> Iterator[str]:
    data = output.get("data", {})
    if output["output_type"] == "error" and "raises-exception" not in tags:
        yield f"a stored error: {output['ename']}"
    if WIDGET_VIEW in data:
        yield "a widget view, which shows nothing without a kernel"
    if "<script" in json.dumps(data).lower():
        yield "a script in an output"
    told = {k: v for k, v in data.items() if not k.startswith("image/")} | {
        "text": output.get("text", "")
    }
    if ABSOLUTE.search(json.dumps(told)):
        yield "a path of this machine in an output"


def main() -> int:
    paths = [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb"))
    found = [f"{path.name}: {what}" for path in paths for what in problems(path)]
    print("\n".join(found) or f"{len(paths)} notebooks are as they should be")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
