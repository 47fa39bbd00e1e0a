"""VS Code in a browser (code-server), for a look at a notebook's stored outputs.

Its extensions are those that VS Code has built in: no Jupyter, no kernel, no widgets.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CODE_SERVER = os.environ.get("CODE_SERVER") or shutil.which("code-server")
THEMES = {"light": "Default Light Modern", "dark": "Default Dark Modern"}
# A page this high has every cell in view: VS Code makes only the outputs that are.
VIEWPORT = {"width": 1400, "height": 8000}
FLAGS = ("--auth=none", "--disable-telemetry", "--disable-update-check")


@dataclass(frozen=True)
class Code:
    """A running code-server."""

    url: str
    root: Path


@contextlib.contextmanager
def code_server(home: Path, *, theme: str = "light", trusted: bool = True) -> Iterator[Code]:
    """Start VS Code with settings of its own, in Restricted Mode if not `trusted`; stop it."""
    settings = {
        "workbench.colorTheme": THEMES[theme],
        "workbench.startupEditor": "none",
        # Without it, a file that is opened at once is shown as JSON, not as a notebook.
        "workbench.editorAssociations": {"*.ipynb": "jupyter-notebook"},
        "workbench.secondarySideBar.defaultVisibility": "hidden",
        "security.workspace.trust.enabled": not trusted,
        "security.workspace.trust.startupPrompt": "never",
        "chat.disableAIFeatures": True,
        "remote.autoForwardPorts": False,
    }
    (home / "data" / "User").mkdir(parents=True)
    (home / "data" / "User" / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(CODE_SERVER), *FLAGS, f"--bind-addr=127.0.0.1:{port}", f"--config={home / 'config'}",
        f"--user-data-dir={home / 'data'}", f"--extensions-dir={home / 'extensions'}",
    ]  # fmt: skip
    # npm puts the Node.js that code-server needs beside it.
    path = os.pathsep.join([str(Path(str(CODE_SERVER)).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    log = home / "server.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(command, env=environment, stdout=sink, stderr=sink)
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", server, log)
            (home / "folders").mkdir()
            yield Code(f"http://127.0.0.1:{port}", home / "folders")
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"code-server stopped: {log.read_text()[-3000:]}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=2).read()
            return
        time.sleep(0.1)
    raise RuntimeError(f"code-server did not start in 60 s: {log.read_text()[-3000:]}")


def open_stored(page: Any, code: Code, notebook: Path) -> Any:
    """Open a copy of a notebook by a double click, and return the frame that shows its outputs."""
    folder = code.root / notebook.stem  # a folder each: VS Code opens again what was open in one
    folder.mkdir()
    shutil.copy(notebook, folder)
    page.set_viewport_size(VIEWPORT)
    page.goto(f"{code.url}/?{urllib.parse.urlencode({'folder': str(folder)})}")
    page.get_by_role("treeitem", name=notebook.name).dblclick()
    page.locator(".notebookOverlay .webview.ready").wait_for()
    outer = page.frame_locator("iframe.webview.ready")
    return outer.frame_locator("iframe#active-frame")
