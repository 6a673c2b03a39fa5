"""The routes of the service, as an ASGI application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, TypeVar, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detector import __version__
from detector.pipeline import Detector
from detector.types import WIRE_VERSION, Document, Form, Label, Result, Unreadable
from detector.views.page import page_view
from detector.web import assets, bodies
from detector.web.guard import Guard
from detector.web.limits import Limits
from detector.web.refusals import RequestError
from detector.web.scoring import Scorer

T = TypeVar("T")

LARGE = 50_000
"""Characters or bytes from which reading and writing JSON leave the event loop to others."""
PIECE_PAGES = 64
PIECE_CHARS = 200_000
"""A batch is scored in pieces, so that batches under way at the same time share the time."""


def application(
    detector: Detector,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
) -> Starlette:
    """The service as an ASGI application.

    ``hosts``: names, beside ``localhost`` and IP addresses, by which it may be called. ``origins``:
    other sites whose pages may use it.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.scorer = Scorer(detector)
        yield
        await asyncio.to_thread(app.state.scorer.close)

    service = Service(limits)
    routes = [
        Route("/v1/detect", service.detect, methods=["POST"]),
        Route("/v1/clean", service.clean, methods=["POST"]),
        Route("/v1/batch", service.batch, methods=["POST"]),
        Route("/v1/text", service.text, methods=["POST"]),
        Route("/page/view", service.view, methods=["POST"]),
        assets.constant("/v1/model", _dumped(_about(detector, limits))),
        assets.constant("/healthz", _dumped({"status": "ok"})),
        *assets.routes(),
    ]
    guard = Middleware(Guard, limits=limits, hosts=hosts, origins=origins)
    cors = Middleware(
        CORSMiddleware,
        allow_origins=tuple(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type"],
    )
    return Starlette(
        routes=routes,
        middleware=[cors, guard] if origins else [guard],
        exception_handlers={HTTPException: _no_such_route},
        lifespan=lifespan,
    )


class Service:
    """What is done with pages."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def detect(self, request: Request) -> Response:
        """The record of one page, in the wire format."""
        _, result = await self._one(request)
        return await _json(result.to_dict, result.n_chars)

    async def clean(self, request: Request) -> Response:
        """One page without its filler: text for text, a record for a record."""
        _, result = await self._one(request)
        if bodies.media_type(request, bodies.JSON, bodies.TEXT) == bodies.TEXT:
            return Response(_utf8(result.clean_text()), media_type="text/plain; charset=utf-8")
        return await _json(lambda: _cleaned(result), result.n_chars)

    async def batch(self, request: Request) -> Response:
        """Records or error records of many pages, one for each and in their order."""
        name = bodies.media_type(request, bodies.JSON, *bodies.JSON_LINES)
        body = await bodies.read(request, self._limits)
        pages = await _aside(lambda: bodies.batch(body, name, self._limits), len(body))
        scorer: Scorer = request.app.state.scorer
        found: list[Result] = []
        for piece in _pieces([page for page in pages if isinstance(page, Document)]):
            found += await scorer.score(piece)
        results = iter(found)
        records = [page if isinstance(page, Unreadable) else next(results) for page in pages]
        if name == bodies.JSON:
            return await _json(lambda: [record.to_dict() for record in records], len(body))
        lines = await _aside(
            lambda: b"".join(_dumped(record.to_dict()) + b"\n" for record in records), len(body)
        )
        return Response(lines, media_type=name)

    async def text(self, request: Request) -> Response:
        """The main text of an HTML page, for offsets to refer to."""
        bodies.media_type(request, bodies.HTML)
        body = await bodies.read(request, self._limits)
        encoding = bodies.charset(request)
        page = await _aside(lambda: bodies.main_text(body, encoding), LARGE)
        made = {"version": WIRE_VERSION, "text": page.text, "extractor": page.extractor}
        return await _json(lambda: made, len(page.text))

    async def view(self, request: Request) -> Response:
        """For the page of the service: the record of one page, and the view of it in HTML."""
        document, result = await self._one(request)

        def make() -> dict[str, Any]:
            return {"record": result.to_dict(), "view": page_view(result, document.preceding)}

        return await _json(make, LARGE)  # readability takes its time

    async def _one(self, request: Request) -> tuple[Document, Result]:
        """The page of a request, and what is found in it."""
        name = bodies.media_type(request, bodies.JSON, bodies.TEXT)
        body = await bodies.read(request, self._limits)
        document = await _aside(lambda: bodies.page(body, name), len(body))
        scorer: Scorer = request.app.state.scorer
        (result,) = await scorer.score([document])
        return document, result


def _about(detector: Detector, limits: Limits) -> dict[str, Any]:
    """The model in use, what its thresholds did to pages not seen before, and the limits."""
    thresholds = {
        name: {
            "log_odds": known.log_odds,
            "false_alarms": known.alarms.share if known.alarms.n else None,
            "measured_on": known.alarms_on,
            "recall": known.recall.share if known.recall.n else None,
        }
        for name, known in detector.model.thresholds.items()
    }
    return {
        "version": WIRE_VERSION,
        "software": __version__,
        "model": detector.model.name,
        "threshold": {"name": detector.threshold_name, "log_odds": detector.threshold},
        "thresholds": thresholds,
        "labels": [label.value for label in Label],
        "forms": [form.value for form in Form],
        "limits": asdict(limits),
    }


async def _no_such_route(_request: Request, error: Exception) -> Response:
    """404 and 405, as clear as other errors."""
    failed = cast("HTTPException", error)
    status = HTTPStatus(failed.status_code)
    kind = "method" if status is HTTPStatus.METHOD_NOT_ALLOWED else "path"
    message = f"{status.phrase}; /openapi.json describes what there is"
    return RequestError(status, kind, message, failed.headers).response()


# --- pieces and JSON ------------------------------------------------------------------------------


def _pieces(documents: Iterable[Document]) -> Iterable[Sequence[Document]]:
    piece: list[Document] = []
    chars = 0
    for document in documents:
        if piece and (len(piece) == PIECE_PAGES or chars + len(document.text) > PIECE_CHARS):
            yield piece
            piece, chars = [], 0
        piece.append(document)
        chars += len(document.text)
    if piece:
        yield piece


def _cleaned(result: Result) -> dict[str, Any]:
    record = result.to_dict()
    del record["spans"]
    return record | {"text": result.clean_text()}


async def _json(make: Callable[[], Any], size: int) -> Response:
    """What ``make`` gives, as JSON."""
    body = await _aside(lambda: _dumped(make()), size)
    return Response(body, media_type=bodies.JSON)


async def _aside(work: Callable[[], T], size: int) -> T:
    """What ``work`` gives; on a thread, if there is so much of it that others would wait."""
    return work() if size < LARGE else await asyncio.to_thread(work)


def _dumped(record: Any) -> bytes:
    return _utf8(json.dumps(record, ensure_ascii=False))


def _utf8(text: str) -> bytes:
    # A lone surrogate has no bytes in UTF-8; its backslash escape is what JSON calls it anyway.
    return text.encode("utf-8", "backslashreplace")
