"""Listening and ending: a socket, and uvicorn on it."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable, Collection

import uvicorn

from detector.errors import ConfigError
from detector.pipeline import Detector
from detector.web.app import application
from detector.web.limits import Limits

BACKLOG = 512


def run(
    detector: Detector,
    host: str,
    port: int,
    limits: Limits,
    hosts: Collection[str],
    origins: Collection[str],
    report: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM comes, and then answer what is under way first.

    ``port`` 0 takes a free one; ``report`` is told the address. Raises ConfigError if the address
    cannot be listened on.
    """
    app = application(detector, limits, hosts, origins)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # a path may quote what its reader is looking at
        server_header=False,
        timeout_graceful_shutdown=round(limits.seconds) + 1,
        backlog=BACKLOG,
    )
    with listen(host, port) as listening:
        report(f"{address(listening)} serves the model {detector.model.name}; Ctrl+C ends it")
        gc.freeze()  # the model stays; looking through it again and again costs the 99th percentile
        uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; raises ConfigError if that cannot be."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(where[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host}, port {port} ({error.strerror}); choose another --host or "
            "--port"
        ) from error
    # Connections inherit this. Else the second part of an answer waits until the first has been
    # acknowledged, which takes 40 ms; asyncio sets it only where it made the socket itself.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(listening: socket.socket) -> str:
    """The URL of what listens on a socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
