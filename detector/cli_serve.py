"""The command that serves the page and the REST service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from detector.cli_options import say, takes_detector
from detector.errors import MissingExtraError
from detector.web.limits import Limits

if TYPE_CHECKING:
    from detector.pipeline import Detector

_LIMITS = Limits()


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; the default is this machine alone, 0.0.0.0 is everybody.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--allow-host",
    "hosts",
    metavar="NAME",
    multiple=True,
    help="A name by which the service may be called, beside localhost and IP addresses. Can be "
    "given again.",
)
@click.option(
    "--allow-origin",
    "origins",
    metavar="ORIGIN",
    multiple=True,
    help="Another site whose pages may use the service, such as https://desk.example; * for all. "
    "Can be given again.",
)
@click.option(
    "--max-bytes",
    type=click.IntRange(min=1),
    default=_LIMITS.body_bytes,
    show_default=True,
    help="Longest body of a request; longer ones get 413.",
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=_LIMITS.seconds,
    show_default=True,
    help="Longest a request may take; slower ones get 504.",
)
@click.option(
    "--max-requests",
    type=click.IntRange(min=1),
    default=_LIMITS.requests,
    show_default=True,
    help="Most requests under way at once; others get 503.",
)
@takes_detector
def serve(
    detector: Detector,
    host: str,
    port: int,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    max_bytes: int,
    max_seconds: float,
    max_requests: int,
) -> None:
    """Serve a page to look at results and mend them, and a REST service.

    Nothing that is sent is kept or logged. The page is at the address that is printed; the
    service's description at /openapi.json below it. Needs the extra web.

    \b
    Examples:
      detector serve
      detector serve --port 9000 --max-false-alarms 1%
      detector serve --host 0.0.0.0 --allow-host detector.example
      curl --json '{"text": "One page."}' localhost:8000/v1/detect
    """
    try:
        from detector.web.server import run
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"detector serve needs {error.name}; pip install 'filler-detector[web]'"
        ) from error
    limits = Limits(body_bytes=max_bytes, seconds=max_seconds, requests=max_requests)
    run(detector, host, port, limits, hosts, origins, say)
