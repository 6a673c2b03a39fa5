"""What stands before every route: who may ask, how much at once, for how long, and in which headers
the answer comes."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import traceback
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from detector.web.limits import Limits
from detector.web.refusals import RequestError

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""Headers of every answer. Nothing is loaded but what the service itself serves, nothing inline."""
LOCAL = frozenset({"localhost"})
"""Names that always mean this machine."""

_log = logging.getLogger(__name__)


class Guard:
    """ASGI middleware that checks requests, bounds them, and turns every failure into a clear
    answer; of what a request holds, nothing is logged."""

    def __init__(
        self, app: ASGIApp, limits: Limits, hosts: Collection[str], origins: Collection[str]
    ) -> None:
        """``hosts``: names, beside ``localhost`` and every IP address, by which the service may be
        called. ``origins``: other sites whose pages may use it; ``*`` for all."""
        self._app = app
        self._limits = limits
        self._hosts = LOCAL | {host.lower() for host in hosts}
        self._origins = frozenset(origins)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send)
        try:
            self._check(Headers(scope=scope))
            if scope["method"] == "POST":
                await self._bounded(scope, exchange)
            else:
                await self._app(scope, exchange.receive, exchange.send)
        except RequestError as refused:
            await _refuse(refused, scope, exchange)
        except ClientDisconnect:
            pass  # nobody is left to answer
        except Exception as error:  # the last resort: a server must not end, nor tell of the text
            where = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s on %s\n%s", type(error).__name__, scope["path"], where)
            message = "an error of the service, which its log describes; please report it"
            failed = RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)
            await _refuse(failed, scope, exchange)

    def _check(self, headers: Headers) -> None:
        """Refuse requests that a page of another site makes in its reader's name."""
        host = headers.get("host", "")
        if not self._is_own(host):
            message = (
                f"the service is not known as {host[:100]!r}; call it by its IP address or "
                "localhost, or start it with --allow-host"
            )
            raise RequestError(HTTPStatus.MISDIRECTED_REQUEST, "host", message)
        origin = headers.get("origin")
        if origin is not None and not self._may_ask(origin, host):
            message = (
                f"pages of {origin[:100]!r} may not ask; start the service with --allow-origin"
            )
            raise RequestError(HTTPStatus.FORBIDDEN, "origin", message)

    def _is_own(self, host: str) -> bool:
        """Whether a Host header can be meant for this service. A name that somebody else made lead
        here (DNS rebinding) is none of its names; an IP address cannot be made so."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._hosts or _is_address(name)

    def _may_ask(self, origin: str, host: str) -> bool:
        if "*" in self._origins or origin in self._origins:
            return True
        return origin.partition("://")[2].lower() == host.lower()

    async def _bounded(self, scope: Scope, exchange: _Exchange) -> None:
        """Serve a request in its time, if there is room for it."""
        if self._under_way >= self._limits.requests:
            message = f"{self._under_way} requests are under way; try again in a second"
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE, "busy", message, {"Retry-After": "1"}
            )
        self._under_way += 1
        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._app(scope, exchange.receive, exchange.send)
        except TimeoutError:
            seconds = f"{self._limits.seconds:g} seconds"
            if exchange.has_body:
                message = f"not done within {seconds}; send less at once"
                raise RequestError(HTTPStatus.GATEWAY_TIMEOUT, "time", message) from None
            message = f"the body did not come within {seconds}; send it faster, or less"
            raise RequestError(HTTPStatus.REQUEST_TIMEOUT, "slow", message) from None
        finally:
            self._under_way -= 1


class _Exchange:
    """The two ends of a request: knows how far it has come, and puts the headers on its answer."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.has_body = False
        self.has_begun = False

    async def receive(self) -> Message:
        message = await self._receive()
        self.has_body = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


async def _refuse(refused: RequestError, scope: Scope, exchange: _Exchange) -> None:
    if exchange.has_begun:
        raise refused  # too late for an answer; the server closes the connection
    await refused.response()(scope, exchange.receive, exchange.send)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
