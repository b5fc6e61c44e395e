"""Results in the folder of a sweep: each knows the task that it is of."""

from __future__ import annotations

from pathlib import Path

from ..errors import InvalidInput
from ..hierarchy.result import Result
from ..machine.documents import read_json
from ..saving import load_document


def result_in(place: Path, key: str) -> Result:
    """Return the result of a task.

    Raises
    ------
    InvalidInput
        The file cannot be read, is damaged, or holds the result of another task.
    """
    data = read_json(place)
    if not isinstance(data, dict) or data.get("task") != key:
        raise InvalidInput(f"{place}: expected the result of the task {key}")
    found = load_document(data, str(place))
    if not isinstance(found, Result):
        raise InvalidInput(f"{place}: expected a result or a fit")
    return found
