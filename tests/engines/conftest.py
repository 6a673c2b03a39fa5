"""Pages for the engines, and what the detector says of each by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import pytest

from detector import Detector, Document, arrow

Rows: TypeAlias = list[dict[str, Any]]


@pytest.fixture(scope="session")
def pages(root: Path) -> Rows:
    """Sixty pages: the seeds, whole and cut short, each behind a line of its own."""
    seeds = [path.read_bytes().decode() for path in sorted((root / "seeds").glob("*.txt"))]
    texts = [seeds[k % 5] if k % 3 else seeds[k % 5][:1500] for k in range(60)]
    return [{"id": f"page-{k:02}", "text": f"No. {k} 😀\n{t}"} for k, t in enumerate(texts)]


@pytest.fixture(scope="session")
def expected(pages: Rows, detector: Detector) -> dict[str, dict[str, Any]]:
    """The row of results of each page, by id; some hold filler, some do not."""
    results = [detector.detect(Document(page["id"], page["text"])) for page in pages]
    assert 10 < sum(bool(result.regions) for result in results) < 50
    return {result.document_id: arrow.row(result) for result in results}


@pytest.fixture(scope="session")
def cleaned(pages: Rows, detector: Detector) -> dict[str, str]:
    """Each page without its filler, by id."""
    return {page["id"]: detector.clean(page["text"]) for page in pages}


def without_id(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id"}
