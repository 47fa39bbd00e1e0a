"""The real LiteLLM proxy in a process of its own: boot, wait until it serves, stop."""

from __future__ import annotations

import atexit
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from routelab._checks import RoutelabError
from routelab.privacy import redact

BOOT_S = 240.0
STOP_S = 10.0
SHOWN_LINES = 15  # of the log of a proxy that does not boot
_LOG = "proxy.log"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
_BOOT = (
    "import sys; from litellm.proxy.proxy_cli import run_server; sys.argv[0] = 'litellm'; "
    "run_server()"
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that serves.

    Attributes
    ----------
    port : int
        On 127.0.0.1.
    pid : int
    key : str
        Its master key, made for this run.
    """

    port: int
    pid: int
    key: str = field(repr=False)


@contextmanager
def booted(
    folder: Path, *, python: str | None = None, waiting: Callable[[], None] = lambda: None
) -> Iterator[Proxy]:
    """Run the proxy on ``config.yaml`` of a folder while the block runs.

    Parameters
    ----------
    folder : path
        Also its working and home folder; it gets the log.
    python : str, optional
        Interpreter with ``litellm[proxy]``. The default is the running one, which then finds the
        routelab that runs here too; any other one finds what it has installed itself.
    waiting : callable, optional
        Called about ten times a second until it serves; what it raises stops the proxy.

    Raises
    ------
    RoutelabError
        The proxy ended, or did not serve within 240 s: with the last lines of its log.
    """
    port, key = _free_port(), f"sk-{secrets.token_hex(24)}"
    options = ["--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
    command = [python or sys.executable, "-c", _BOOT, *options]
    with open(folder / _LOG, "wb") as log:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment(folder, key, own=python is None),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise RoutelabError(f"cannot run {python!r}: {error.strerror}") from error
        stop = partial(_stop, process)
        atexit.register(stop)  # a thread that proves is not unwound when Python ends
        try:
            _wait(process, port, folder, key, waiting)
            yield Proxy(port, process.pid, key)
        finally:
            stop()
            atexit.unregister(stop)


def environment(folder: Path, key: str, *, own: bool) -> dict[str, str]:
    """Return the proxy's environment: nothing of the user's but where programs are.

    Parameters
    ----------
    folder : path
    key : str
    own : bool
        Whether it is the running interpreter, which finds the routelab that runs here.
    """
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if own:
        passed["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    return {
        **passed,
        "HOME": str(folder),
        "PYTHONUTF8": "1",
        "LITELLM_MASTER_KEY": key,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_TELEMETRY": "False",
        "LITELLM_LOG": "ERROR",
        "NO_DOCS": "True",
        "HF_HUB_OFFLINE": "1",
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port: int = opened.getsockname()[1]
        return port


def _wait(
    process: subprocess.Popen[bytes],
    port: int,
    folder: Path,
    key: str,
    waiting: Callable[[], None],
) -> None:
    end = time.monotonic() + BOOT_S
    while time.monotonic() < end:
        waiting()
        if process.poll() is not None:
            raise RoutelabError(
                f"the proxy ended with code {process.returncode} before it served; its log "
                f"says:\n{_last_lines(folder, key)}"
            )
        if _is_alive(port):
            return
        time.sleep(0.1)
    raise RoutelabError(
        f"the proxy did not serve within {BOOT_S:g} s; its log says:\n{_last_lines(folder, key)}"
    )


def _is_alive(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/liveliness")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _last_lines(folder: Path, key: str) -> str:
    """Return the end of the log without keys: the run's own and all that look like one."""
    text = (folder / _LOG).read_text(encoding="utf-8", errors="replace").replace(key, "[KEY]")
    lines = [line for line in text.splitlines() if line.strip()]
    return redact("\n".join(lines[-SHOWN_LINES:]))


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the proxy and what it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(STOP_S)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
        break
    process.wait()
