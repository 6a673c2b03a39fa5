"""Arrays by look, kept in one file of the data folder beside the features they were made for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from detector.errors import CorpusError
from detector.features import matrix


@dataclass(frozen=True)
class LookArrays:
    """``features`` are the names of each look's features, ``arrays`` its arrays by part, ``info``
    whatever else is to be known (plain JSON)."""

    features: Mapping[str, tuple[str, ...]]
    arrays: Mapping[str, Mapping[str, NDArray[Any]]]
    info: Mapping[str, Any]

    def save(self, path: Path, version: int) -> None:
        """Write all in ``version`` of the format; the file is there in whole or not at all."""
        info = {
            **self.info,
            "format": version,
            "features": self.features,
            "versions": _versions(self.features),
        }
        out: dict[str, NDArray[Any]] = {"info": np.array(json.dumps(info, sort_keys=True))}
        for look, parts in self.arrays.items():
            out.update({f"{look}/{part}": array for part, array in parts.items()})
        partial = path.with_suffix(".partial.npz")
        np.savez_compressed(partial, **out)  # type: ignore[arg-type]
        partial.replace(path)

    @classmethod
    def load(cls, path: Path, version: int, parts: Sequence[str], remedy: str) -> LookArrays:
        """Read the ``parts`` of every look.

        Raises CorpusError if the file is damaged, of another version of the format or made with
        other versions of the features; the latter two name the ``remedy``.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                info = json.loads(str(stored["info"]))
                features = {look: tuple(names) for look, names in info["features"].items()}
                fits = info["format"] == version and info["versions"] == _versions(features)
                arrays = {
                    look: {part: stored[f"{look}/{part}"] for part in parts} for look in features
                }
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise damaged(path, error) from error
        if not fits:
            raise CorpusError(f"{path}: made with other versions of the features; {remedy}")
        return cls(features, arrays, info)

    def require(self, look: str, names: tuple[str, ...], path: Path, remedy: str) -> None:
        """Raise CorpusError unless the look is there and has these features."""
        if self.features.get(look) != names:
            raise CorpusError(
                f"{path}: its features of the look {look!r} are not those of this detector; "
                f"{remedy}"
            )


def damaged(path: Path, error: Exception) -> CorpusError:
    """What to raise where a file cannot be what was written."""
    return CorpusError(f"{path}: damaged ({type(error).__name__}: {error}); restore the file")


def _versions(features: Mapping[str, Sequence[str]]) -> dict[str, int]:
    return matrix.versions(tuple(name for names in features.values() for name in names))
