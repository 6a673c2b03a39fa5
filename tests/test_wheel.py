"""Wheel and source archive: they hold what is needed, and work outside the checkout."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

import detector

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("build", "hatchling", "pip")

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"needs {name}")
    for name in NEEDED
]


def run(*arguments: object, cwd: Path, path: Path | None = None) -> str:
    """Run Python in a process of its own, which finds packages in ``path`` first."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    env |= {"PYTHONPATH": str(path)} if path else {}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        cwd=cwd,
        encoding="utf-8",
        env=env,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside the checkout with the wheel's content, without its dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    run("-m", "pip", "install", "--no-deps", "--no-index", "--target", folder, wheel, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    run("-m", "build", "--sdist", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (path,) = folder.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    return folder / path.name.removesuffix(".tar.gz")


def files_below(folder: Path, prefix: str) -> set[str]:
    """The data files of a folder of the checkout, by their names in the wheel."""
    return {
        f"{prefix}/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_name_and_version(wheel: Path) -> None:
    assert wheel.name.startswith(f"filler_detector-{detector.__version__}-py3-none-any")


def test_content(wheel: Path) -> None:
    found = names(wheel)
    assert files_below(ROOT / "models" / "default", "detector/models/default") <= found
    assert files_below(ROOT / "data", "detector/data") <= found
    assert {f"detector/{path.name}" for path in (ROOT / "detector").glob("*.py")} <= found
    assert {"detector/py.typed", "detector/models/default/model.json"} <= found
    assert files_below(ROOT / "detector" / "assets", "detector/assets") <= found
    assert any(name.startswith("detector/models/default/lexicon/phrases/") for name in found)
    assert any(name.startswith("detector/data/corpus/topics/") for name in found)


def test_nothing_else_is_installed(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in names(wheel)}
    assert tops == {"detector", f"filler_detector-{detector.__version__}.dist-info"}


def test_licences_are_inside(wheel: Path) -> None:
    licences = {Path(name).name for name in names(wheel) if "/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE"}


def test_it_is_the_installed_copy_that_scores(installed: Path, tmp_path: Path) -> None:
    program = (
        "import detector\n"
        "from detector.pipeline import default_model\n"
        "from detector.retraining import default_data\n"
        "data = default_data()\n"
        "for path in (detector.__file__, default_model(), data.topics, data.negatives):\n"
        "    print(path)\n"
    )
    paths = [Path(line) for line in run("-c", program, cwd=tmp_path, path=installed).splitlines()]
    assert len(paths) == 4
    for path in paths:
        assert path.is_relative_to(installed)
        assert path.exists()


def score(arguments: Sequence[object], cwd: Path, path: Path) -> list[object]:
    output = run("-m", "detector", "score", "--format", "jsonl", *arguments, cwd=cwd, path=path)
    return [json.loads(line) for line in output.splitlines()]


def test_it_scores_as_the_checkout_does(installed: Path, tmp_path: Path) -> None:
    page = next((ROOT / "seeds").glob("000*.txt"))
    (found,) = score([page], tmp_path, installed)
    assert [found] == score([page], tmp_path, ROOT)
    assert isinstance(found, dict)
    assert found["spans"][0]["start"] == 2434


def test_the_source_archive_gives_the_same_wheel(
    unpacked: Path, wheel: Path, tmp_path: Path
) -> None:
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, unpacked, cwd=tmp_path)
    (again,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert {(i.filename, i.CRC) for i in one.infolist()} == {
            (i.filename, i.CRC) for i in other.infolist()
        }


def test_the_source_archive_has_the_tests_and_what_they_read(unpacked: Path) -> None:
    for name in ("tests/conftest.py", "seeds/gold.jsonl", "docs/generate.py", "Dockerfile"):
        assert (unpacked / name).exists(), name
