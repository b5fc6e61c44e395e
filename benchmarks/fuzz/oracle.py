"""What may come of an input: a value, an error of the package's own, or an exit code with its line; nothing else."""

from __future__ import annotations

import contextlib
import io
import os
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import momentsos as ms
from momentsos.cli import main

#: Exit codes that the command line promises.
CODES = (0, 2, 3, 130)
#: Characters of a message that are kept.
_KEPT = 300


def called(call: Callable[[], Any]) -> tuple[str, str]:
    """Return how a call ends, ``"value"``, ``"refused"``, ``"warned"`` or ``"foreign"``, and words."""
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            call()
    except ms.MomentSOSError as error:
        return (
            ("refused", type(error).__name__)
            if str(error).strip()
            else ("foreign", f"{type(error).__name__} without words")
        )
    except (Exception, RecursionError) as error:  # whatever else comes is what is looked for
        return "foreign", _described(error)
    loud = [w for w in heard if not issubclass(w.category, DeprecationWarning | ResourceWarning)]
    return ("warned", f"{loud[0].category.__name__}: {loud[0].message}"[:_KEPT]) if loud else ("value", "")


def ran(arguments: Sequence[str], check: Callable[[str], str] = lambda _: "") -> tuple[str, str]:
    """Return how the command line ends: ``"code N"`` where all is as promised, else ``"foreign"``; and words.

    `check` returns what is false in what was printed where the code is 0.
    """
    out, err = io.StringIO(), io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            warnings.catch_warnings(record=True) as heard,
        ):
            warnings.simplefilter("always")
            code = main(arguments)
    except SystemExit as stop:  # argparse, at wrong usage and at --help
        return _checked(stop.code if isinstance(stop.code, int) else 1, err.getvalue(), usage=True)
    except (Exception, RecursionError) as error:  # as above
        return "foreign", _described(error)
    loud = [w for w in heard if not issubclass(w.category, DeprecationWarning | ResourceWarning)]
    if loud:
        return "warned", f"{loud[0].category.__name__}: {loud[0].message}"[:_KEPT]
    false = check(out.getvalue()) if code == 0 else ""
    return ("false", false) if false else _checked(code, err.getvalue(), usage=False)


def _checked(code: int, errors: str, usage: bool) -> tuple[str, str]:
    lines = [line for line in errors.splitlines() if line.strip()]
    if code not in CODES:
        return "foreign", f"exit code {code}"
    if code and not lines and not usage:
        return "foreign", f"exit code {code} without a line"
    if code == 2 and not usage and len(lines) != 1:
        return "foreign", f"exit code 2 with {len(lines)} lines: {errors[:_KEPT]!r}"
    if any("Traceback" in line for line in lines):
        return "foreign", "a traceback on stderr"
    return f"code {code}", ""


def _described(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if f"{os.sep}momentsos{os.sep}" in frame.filename] or list(frames)
    last = ours[-1]
    return f"{type(error).__name__} in {os.path.basename(last.filename)}:{last.name}: {str(error)[:_KEPT]}"
