"""The web server around the application; it listens on this machine unless told otherwise."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from routelab._checks import InputError, require

if TYPE_CHECKING:
    from fastapi import FastAPI

HOST, PORT = "127.0.0.1", 8100


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches a host.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_port(port: int) -> None:
    """Refuse a number that is no port."""
    if not 0 <= port <= 65535:
        raise InputError(f"port must be from 0 to 65535, got {port}")


def listen(host: str = HOST, port: int = PORT) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises
    ------
    InputError
        No host (which would be every address), a port out of range, or one that is in use.
    """
    if not host:
        raise InputError(f"host must be an address such as {HOST}, got ''; 0.0.0.0 is all of them")
    check_port(port)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(f"cannot listen on {host!r}, port {port}: {error.strerror}") from None


def make_server(app: FastAPI) -> Any:
    """Return uvicorn's server; it writes no access log, for addresses may hold a client's text."""
    uvicorn: Any = require("uvicorn", "serve")
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", ws="none", server_header=False
    )
    return uvicorn.Server(config)


def serve(
    app: FastAPI,
    *,
    host: str = HOST,
    port: int = PORT,
    tell: Callable[[str], Any] = lambda line: None,
    ready: Callable[[str], Any] = lambda address: None,
) -> None:
    """Serve an application until the process is interrupted.

    Parameters
    ----------
    app : fastapi.FastAPI
        From `create_app`.
    host : str, default "127.0.0.1"
        This machine alone. Any other address is served with a warning: nobody is asked for a key.
    port : int, default 8100
        0: a free one.
    tell : callable, optional
        Called with each line of text: the warning, and the address once it is open.
    ready : callable, optional
        Called with the bare address once it is open, for a program that waits for it.

    Raises
    ------
    InputError
        The address cannot be opened, or uvicorn is missing (the extra ``serve``).
    """
    server = make_server(app)
    with listen(host, port) as opened:
        if not is_loopback(host):
            tell(f"warning: {host} is reached from other machines, and no key is asked for")
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{opened.getsockname()[1]}/v1/route"
        tell(f"routelab serves {address} (Ctrl-C stops it)")
        ready(address)
        server.run(sockets=[opened])
