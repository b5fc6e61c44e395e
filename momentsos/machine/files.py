"""Files: what is written appears whole or not at all, what is read has a size that is not believed but counted."""

from __future__ import annotations

import os
import stat

from ..errors import InvalidInput
from .checks import file_path

#: Most bytes that are read of a file where nothing else is said.
MAX_BYTES = 200_000_000
_PIECE = 2**20


def read_whole(path: object, most: int = MAX_BYTES) -> bytes:
    """Return what a file holds.

    Parameters
    ----------
    path : str or path
    most : int
        Bytes; the file may also have no end, or be a pipe.

    Raises
    ------
    InvalidInput
        It cannot be read, or holds more.
    """
    place = file_path(path, "path")
    try:
        with open(place, "rb") as file:
            pieces, total = [], 0
            while piece := file.read(_PIECE):
                pieces.append(piece)
                total += len(piece)
                if total > most:
                    raise InvalidInput(f"{place}: more than {most} bytes, the most that is read of such a file")
    except OSError as error:
        raise InvalidInput(f"cannot read {place}: {error.strerror or error}") from error
    except ValueError as error:  # characters that no path of this system has
        raise InvalidInput(f"cannot read {place!r:.80}: {error}") from error
    return b"".join(pieces)


def write_whole(path: object, text: str) -> None:
    """Write a text file; see `write_bytes`.

    Raises
    ------
    InvalidInput
        It cannot be written; nothing is left behind.
    """
    try:
        data = text.encode("utf-8")
    except ValueError as error:
        raise InvalidInput(f"cannot write {file_path(path, 'path')!r:.80}: {error}") from error
    write_bytes(path, data)


def write_bytes(path: object, data: bytes) -> None:
    """Write a file in one step: under a name that nobody can foresee, then moved to its place.

    Where the place is a link, the link is replaced, not what it points to. Devices such as ``/dev/null`` are written to
    as they are.

    Raises
    ------
    InvalidInput
        It cannot be written; nothing is left behind.
    """
    place = file_path(path, "path")
    try:
        kind = _kind(place)
        if kind is not None and stat.S_ISCHR(kind):
            with open(place, "wb", buffering=0) as device:
                device.write(data)
        elif kind is None or stat.S_ISREG(kind):
            _replace(place, data)
        else:
            raise InvalidInput(f"cannot write {place}: expected a file, or a name that is free")
    except OSError as error:
        raise InvalidInput(f"cannot write {place}: {error.strerror or error}") from error
    except ValueError as error:
        raise InvalidInput(f"cannot write {place!r:.80}: {error}") from error


def _kind(place: str) -> int | None:
    """Return the mode of what is at a place, behind links; None where nothing is."""
    try:
        return os.stat(place).st_mode
    except FileNotFoundError:
        return None


def _replace(place: str, data: bytes) -> None:
    partial = os.path.join(os.path.dirname(place), f".{os.urandom(12).hex()}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(partial, flags, 0o666)  # as `open` has it; what the process masks is masked
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, place)
    except BaseException:  # an interruption leaves nothing behind either
        os.unlink(partial)
        raise
