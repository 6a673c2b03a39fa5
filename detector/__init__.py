"""Find synthetic filler in news pages: exact spans, calibrated scores, checkable evidence.

>>> from detector import Detector
>>> Detector.load().detect("Nothing but a short note.").filler_fraction
0.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detector.errors import (
    ConfigError,
    CorpusError,
    DetectorError,
    LexiconError,
    MissingExtraError,
    ModelError,
    ReadError,
    WorkerError,
)
from detector.types import (
    Abstention,
    Document,
    Evidence,
    Form,
    Label,
    Region,
    Result,
    Segment,
    Span,
    Unreadable,
)

if TYPE_CHECKING:
    from detector.pipeline import Detector

__version__ = "0.1.0"

__all__ = [
    "Abstention",
    "ConfigError",
    "CorpusError",
    "Detector",
    "DetectorError",
    "Document",
    "Evidence",
    "Form",
    "Label",
    "LexiconError",
    "MissingExtraError",
    "ModelError",
    "ReadError",
    "Region",
    "Result",
    "Segment",
    "Span",
    "Unreadable",
    "WorkerError",
    "__version__",
]

if not TYPE_CHECKING:  # a type checker would take every misspelt name for one found here

    def __getattr__(name: str) -> object:
        """Import the detector, and numpy with it, when it is first asked for."""
        if name == "Detector":
            from detector.pipeline import Detector

            return Detector
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
