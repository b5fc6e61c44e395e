"""Files that a command writes: looked at before any work, and written so that a full disk takes no result away."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from ..certificates import CertificateError
from ..errors import BadOption, InvalidInput
from ..hierarchy.result import Result
from ..machine.checks import file_path

#: Endings of the files that have to have one.
_ENDINGS = {
    "plot": (".png", ".pdf", ".svg"),  # what every installation of matplotlib writes
    "out": (".onnx",),
    "report": (".html", ".htm", ".json"),
}


def check_outputs(options: argparse.Namespace) -> None:
    """Raise `BadOption`, before any work, for a file that cannot be written."""
    for name in ("certificate", *_ENDINGS):
        given = getattr(options, name, None)
        if given is None or (name == "out" and options.command != "polynomialize_file"):
            continue
        folder = Path(file_path(given, f"--{name}")).absolute().parent
        if Path(given).is_dir() or not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise BadOption(f"--{name} {given}: expected a file in a folder that exists and can be written to")
        endings = _ENDINGS.get(name)
        if endings and Path(given).suffix.lower() not in endings:
            raise BadOption(f"--{name} {given}: expected a name that ends in one of {', '.join(endings)}")


def written(what: str, path: str, write: Callable[[str], object]) -> bool:
    """Write a file, and say on stderr whether it worked."""
    try:
        write(path)
    except (OSError, InvalidInput) as error:
        reason = getattr(error, "strerror", None) or error
        print(f"momentsos: no {what} was written to {path}: {reason}", file=sys.stderr)
        return False
    print(f"{what} written to {path}", file=sys.stderr)
    return True


def certificate_of(result: Result, options: argparse.Namespace) -> tuple[str | None, bool]:
    """Write the certificate where one is wanted; return its path, and whether it is missing."""
    if not options.certificate:
        return None, False
    try:
        certificate = result.certify(exact=True)
    except CertificateError as error:
        print(f"momentsos: no certificate was written: {error}", file=sys.stderr)
        return None, True
    there = written("certificate", options.certificate, certificate.to_json)
    return (str(Path(options.certificate)) if there else None), not there
