"""How the service says no: every error is JSON and says what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from detector.types import WIRE_VERSION


class RequestError(Exception):
    """Why a request is not answered as it wishes; ``kind`` is one of the wire format's error kinds
    or of those in ``docs/service.md``."""

    def __init__(
        self, status: HTTPStatus, kind: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.message, self.headers = status, kind, message, headers

    def response(self) -> Response:
        """The answer: the wire format of an error, which belongs to no page."""
        error = {"kind": self.kind, "message": self.message}
        return JSONResponse({"version": WIRE_VERSION, "error": error}, self.status, self.headers)
