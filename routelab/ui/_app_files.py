"""What readers of the app do in place of naming files: bring settings, and take them along."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import ipywidgets as w

from routelab._html import esc


class Exchange(w.HBox):
    """An upload for a file of settings, and a link to the last one that was saved.

    Parameters
    ----------
    load : callable
        Called with the name of the file that was brought, and its bytes.
    """

    def __init__(self, load: Callable[[str, bytes], object]):
        self._load = load
        self.upload = w.FileUpload(accept=".yaml,.yml", description="Bring settings")
        self.upload.tooltip = "Take the settings from a file of yours"
        self.upload.observe(self._brought, "value")
        self.link = w.HTML()
        super().__init__([self.upload, self.link], layout=w.Layout(align_items="center"))

    def offer(self, path: Path) -> None:
        """Show a link that downloads a file."""
        self.link.value = download_link(path.name, path.read_bytes())

    def _brought(self, change: object) -> None:
        if not self.upload.value:
            return
        file = self.upload.value[0]
        self.upload.value = ()
        self._load(Path(file["name"]).name, bytes(file["content"]))


def download_link(name: str, content: bytes, kind: str = "application/yaml") -> str:
    """Return HTML of a link that holds a file.

    Examples
    --------
    >>> download_link("a.yaml", b"x")
    '<a download="a.yaml" href="data:application/yaml;base64,eA==">Download a.yaml</a>'
    """
    data = base64.b64encode(content).decode()
    return f'<a download="{esc(name)}" href="data:{kind};base64,{data}">Download {esc(name)}</a>'
