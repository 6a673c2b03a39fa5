"""What is imported, and when: ``import detector`` is cheap, and scoring needs numpy alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

REPORT = """
import sys
packages = {name.partition(".")[0] for name, module in sys.modules.items()
            if "site-packages" in (getattr(module, "__file__", None) or "")}
print(*sorted(packages - {"detector", "_distutils_hack"}))
"""
PAGE = repr("Interview: The Future\\nEditor: What now?\\nDr. Vela: Only time will tell.\\n" * 9)


def imported(program: str) -> list[str]:
    """The packages outside the standard library that a program imports."""
    done = subprocess.run(
        [sys.executable, "-c", program + REPORT],
        capture_output=True,
        cwd=ROOT,
        check=True,
        text=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("program", "packages"),
    [
        ("import detector", []),
        ("from detector import Document, Label, ModelError, Result, Span", []),
        ("from detector import Detector", ["numpy"]),
        (f"from detector import Detector; Detector.load().detect({PAGE}).to_dict()", ["numpy"]),
        ("import detector.cli", ["click"]),
        ("from detector import evaluation, corpus, compose, figures, terminal", ["click", "numpy"]),
        ("from detector import retraining", ["numpy"]),
        ("from detector import plots, report", ["numpy"]),
    ],
)
def test_packages(program: str, packages: list[str]) -> None:
    assert imported(program) == packages


def test_python_itself_is_most_of_what_an_import_loads() -> None:
    """A bound that a forgotten import of the standard library's heavier parts would break."""
    program = "import sys; before = len(sys.modules); import detector\n"
    report = "print(len(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-c", program + report], capture_output=True, cwd=ROOT, check=True
    )
    assert int(done.stdout) < 60
