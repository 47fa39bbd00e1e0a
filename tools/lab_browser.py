"""A real JupyterLab and a headless Chromium, in folders of their own; for tests and pictures."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# What a kernel says arrives this many milliseconds later, as from a busy or distant machine.
DELAY_MS = float(os.environ.get("ROUTELAB_KERNEL_DELAY_MS") or 0)
LATER = """
  const own = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
  Object.defineProperty(WebSocket.prototype, 'onmessage', {...own, set(handler) {
    own.set.call(this, event => setTimeout(() => handler.call(this, event), %s));
  }});"""
# JupyterLab's question about news would cover a corner of every screenshot.
QUIET = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}
FOLDERS = (
    "JUPYTER_CONFIG_DIR", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR",
)  # fmt: skip
APPS = {"jupyterlab": "LabApp", "notebook": "JupyterNotebookApp"}
READY = (
    "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
)
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
SHUTDOWN = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.shutdown()"
# Done when every code cell has a count, or as soon as one shows an error.
DONE = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.widgets
    .filter(c => c.model.type === 'code' && c.model.sharedModel.source.trim());
  const errors = cells.flatMap(c => c.model.outputs.toJSON()
    .filter(o => o.output_type === 'error').map(o => `${o.ename}: ${o.evalue}`));
  return (errors.length || cells.every(c => c.model.executionCount > 0)) && {errors};
}"""


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab, or Notebook 7."""

    url: str
    token: str
    root: Path
    program: str = "jupyterlab"

    def address(self, name: str) -> str:
        """Return the address of a notebook; in JupyterLab in a workspace that no other test has."""
        if self.program == "notebook":
            return f"{self.url}/notebooks/{name}?token={self.token}"
        workspace = secrets.token_hex(4)
        return f"{self.url}/lab/workspaces/{workspace}/tree/{name}?token={self.token}&reset"


@contextlib.contextmanager
def jupyterlab(
    home: Path, root: Path, *, theme: str = "light", program: str = "jupyterlab"
) -> Iterator[Lab]:
    """Start JupyterLab (or "notebook") on a folder with settings of its own, and stop it."""
    settings = dict(QUIET)
    if theme == "dark":
        settings["@jupyterlab/apputils-extension:themes"] = {"theme": "JupyterLab Dark"}
    (home / "labconfig").mkdir(parents=True)
    overrides = home / "labconfig" / "default_setting_overrides.json"
    overrides.write_text(json.dumps(settings), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [
        sys.executable, "-m", program, "--no-browser", "--allow-root", f"--port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={root}", f"--{APPS[program]}.expose_app_in_browser=True",
    ]  # fmt: skip
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, **dict.fromkeys(FOLDERS, str(home)), "PYTHONPATH": path}
    log = home / "server.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(command, env=environment, stdout=sink, stderr=sink)
        try:
            lab = Lab(f"http://127.0.0.1:{port}", token, root, program)
            _wait_for(lab, server, log)
            yield lab
        finally:
            server.terminate()
            server.wait(60)


def _wait_for(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"JupyterLab stopped: {log.read_text()[-3000:]}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{lab.url}/api/status?token={lab.token}", timeout=2).read()
            return
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start in 60 s: {log.read_text()[-3000:]}")


def open_and_run(page: Any, lab: Lab, notebook: Path) -> None:
    """Open a copy of a notebook and run all of its cells; raise on the first error of a cell."""
    page.set_default_timeout(120_000)
    shutil.copy(notebook, lab.root)
    page.goto(lab.address(notebook.name))
    page.wait_for_function(READY)
    page.evaluate(RUN_ALL)
    errors = page.wait_for_function(DONE).json_value()["errors"]
    if errors:
        raise RuntimeError(f"{notebook.name}: {errors[0]}")


@contextlib.contextmanager
def chromium(profile: Path, **options: Any) -> Iterator[Any]:
    """Start the browser that this machine has, with a fresh profile."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch_persistent_context(
            str(profile), executable_path=CHROMIUM, headless=True, args=FLAGS, **options
        )
        if DELAY_MS:
            browser.add_init_script(LATER % DELAY_MS)
        yield browser
        browser.close()
