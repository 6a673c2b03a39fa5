"""Fixtures that several test files share: the project's lexicon, its model, a few topics."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from detector.batch import Batch
from detector.corpus import Topic, read_topic
from detector.lexicon import Lexicon
from detector.pipeline import Detector
from detector.reading import Reader
from detector.retraining import DataFolder
from detector.types import Document

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("here", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# A shell that runs the tests in the background has them, and all they start, ignore interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

Read = Callable[..., Batch]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    """The project's own lexicon."""
    return Lexicon.load(ROOT / "data" / "lexicons" / "en")


@pytest.fixture(scope="session")
def read(lexicon: Lexicon) -> Read:
    """Reads pages (texts or documents) as one batch."""
    reader = Reader(lexicon)

    def read_pages(*pages: str | Document) -> Batch:
        documents = [Document("page", p) if isinstance(p, str) else p for p in pages]
        return Batch(documents, reader)

    return read_pages


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The detector with the default model."""
    return Detector.load()


@pytest.fixture(scope="session")
def topics() -> list[Topic]:
    """Three topics of the corpus, one of them (005) a dev topic."""
    folder = ROOT / "data" / "corpus" / "topics"
    return [read_topic(next(folder.glob(f"{number}-*.txt"))) for number in ("001", "002", "005")]


STORIES = ("003", "012", "024", "036")


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A data folder with a story for each fold and the project's lexicons."""
    folder = tmp_path_factory.mktemp("data")
    topics = folder / "corpus" / "topics"
    topics.mkdir(parents=True)
    for path in (ROOT / "data" / "corpus" / "topics").glob("*.txt"):
        if path.name[:3] in STORIES:
            shutil.copy(path, topics)
    (folder / "lexicons").symlink_to(ROOT / "data" / "lexicons")
    return DataFolder(folder)


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    """The address of a service that runs as users run it."""
    pytest.importorskip("uvicorn", reason="needs the extra web")
    command = [sys.executable, "-m", "detector", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr is not None
        found = re.search(r"http://\S+", line := process.stderr.readline())
        assert found is not None, line
        yield found[0]
        process.terminate()
