"""Finished instances on disk: one small JSON file each, whole or not there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidInput
from .cases import Case
from .measure import Outcome

_FORMAT = 2


@dataclass(frozen=True)
class Store:
    """A folder of outcomes.

    Attributes
    ----------
    folder : Path
        Made when there is something to store.
    """

    folder: Path

    def path(self, case: Case) -> Path:
        """Return where the outcome of a case belongs."""
        return self.folder / f"{case.key}.json"

    def load(self, case: Case) -> Outcome | None:
        """Return the stored outcome, None when there is none that can be read and belongs to this case."""
        try:
            text = self.path(case).read_text(encoding="utf-8")
        except OSError:
            return None
        try:
            found = json.loads(text)
            same = found["format"] == _FORMAT and Case.from_dict(found["case"]) == case
            return Outcome.from_dict(found["outcome"]) if same else None
        except (ValueError, KeyError, TypeError):
            return None

    def make_room_for(self, cases: Iterable[Case]) -> None:
        """Make the folder, and remove files that cannot be used for these cases.

        Raises
        ------
        InvalidInput
            The folder cannot be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for case in cases:
                self.path(case).unlink(missing_ok=True)
        except OSError as error:
            raise InvalidInput(f"cannot write results to {self.folder}: {error.strerror or error}") from error


def document_of(case: Case, outcome: Outcome) -> str:
    """Return the text that is stored."""
    found = {"format": _FORMAT, "case": case.as_dict(), "outcome": outcome.as_dict()}
    return json.dumps(found, indent=1, allow_nan=False) + "\n"
