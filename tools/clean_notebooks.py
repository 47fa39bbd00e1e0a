"""Run the notebooks and write them in the form that is committed.

    python tools/clean_notebooks.py                # all of notebooks/
    python tools/clean_notebooks.py notebooks/03_simulate_budget.ipynb

Kept: sources, execution counts, texts, tables and pictures. Dropped: widget views and their state
(readers without a kernel would see "model not found"), timing, and metadata of the machine. Two
runs write the same bytes.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def clean(path: Path, timeout: int = 300) -> None:
    """Execute one notebook in its folder and write it back."""
    os.environ["ROUTELAB_APP"] = "1"  # a session of its own, not what a reader kept here
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k == "tags"})
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
        if cell.cell_type == "code":  # progress that was shown as a widget alone is gone
            cell.outputs = [each for each in cell.outputs if each.get("data", True)]
    nbformat.write(notebook, path)


def main() -> None:
    for path in [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb")):
        started = time.perf_counter()
        clean(path)
        print(
            f"{path.name}: {time.perf_counter() - started:.1f} s, {path.stat().st_size // 1024} KB"
        )


if __name__ == "__main__":
    main()
