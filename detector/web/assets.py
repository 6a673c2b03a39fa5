"""The page and the description of the service: files that come with the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detector import __version__

FOLDER = Path(__file__).parents[1] / "assets" / "web"
_VIEW = [FOLDER.with_name(name) for name in ("page_view.css", "page_view.js")]
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def routes() -> list[Route]:
    """A route for each file, ``/`` for the page, and the description of the service."""
    files = [path for path in sorted(FOLDER.iterdir()) if path.suffix in MEDIA_TYPES]
    return [
        constant("/openapi.json", json.dumps(description(), ensure_ascii=False).encode()),
        _file("/", FOLDER / "index.html"),
        *(_file(f"/assets/{path.name}", path) for path in [*files, *_VIEW]),
    ]


def description() -> dict[str, Any]:
    """The OpenAPI description."""
    text = (FOLDER / "openapi.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    document["info"]["version"] = __version__
    return document


def constant(path: str, body: bytes, media_type: str = "application/json") -> Route:
    """A route that always gives the same."""

    async def serve(_request: Request) -> Response:
        return Response(body, media_type=media_type)

    return Route(path, serve)


def _file(path: str, file: Path) -> Route:
    return constant(path, file.read_bytes(), MEDIA_TYPES[file.suffix])
