"""A model as a folder: the model, the lexicon it was trained with, and its card."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from detector import card, lexicon
from detector.model import Model


def save(model: Model, lexicon_folder: Path, folder: Path, added: Sequence[Path] = ()) -> None:
    """Write model, lexicon with the files ``added`` to it, and model card; an existing folder is
    replaced as a whole."""
    partial = folder.with_name(folder.name + ".partial")
    if partial.exists():
        shutil.rmtree(partial)
    model.save(partial)
    lexicon.copy(lexicon_folder, partial / "lexicon", added)
    (partial / "MODEL_CARD.md").write_text(card.render(model), encoding="utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    partial.rename(folder)
