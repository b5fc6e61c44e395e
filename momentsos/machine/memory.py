"""How much memory is free, without any package, and what is said when there was too little."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import ProblemTooLarge

_FALLBACK = 4 * 2**30
_GROUPS = "/sys/fs/cgroup"


def available_bytes() -> int:
    """Return the memory that a new allocation may take, in bytes.

    That is what the machine has, within the limits of the control group of this process and of all groups around it
    (version 2), and within the limit of its address space (`RLIMIT_AS`).
    """
    return max(0, min([_meminfo(), *_left_in_groups(), *_left_in_address_space()]))


@contextmanager
def memory_errors_told(what: str) -> Iterator[None]:
    """Let a `MemoryError` in the block leave it as `ProblemTooLarge`, which says in one line what was done."""
    try:
        yield
    except MemoryError as error:
        free = available_bytes()
        raise ProblemTooLarge(
            f"{what} needs more memory than there is, {free / 1e9:.3g} GB free: take a lower order, a smaller problem "
            f"or method='partial'",
            free,
            free,
        ) from error


def _left_in_groups() -> list[int]:
    """Return what is left of the limits of the control group of this process, and of those around it."""
    name = next(
        (line[3:] for line in (_text("/proc/self/cgroup") or b"").splitlines() if line.startswith(b"0::")), b"/"
    )
    path, left = os.fsdecode(name).strip("/"), []
    while True:
        place = f"{_GROUPS}/{path}" if path else _GROUPS
        limit, used = _number(f"{place}/memory.max"), _number(f"{place}/memory.current")
        if limit is not None and used is not None:
            left.append(limit - used)
        if not path:
            return left
        path = path.rpartition("/")[0]


def _left_in_address_space() -> list[int]:
    if sys.platform != "linux":
        return []
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return []
    pages = int((_text("/proc/self/statm") or b"0").split()[0])
    return [limit - pages * resource.getpagesize()]


def _meminfo() -> int:
    text = _text("/proc/meminfo") or b""
    at = text.find(b"MemAvailable:")
    if at >= 0:
        return int(text[at:].split(None, 2)[1]) * 1024
    try:  # macOS and others: a share of the installed memory
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return _FALLBACK


def _number(path: str) -> int | None:
    text = (_text(path) or b"").strip()
    return int(text) if text.isdigit() else None


def _text(path: str) -> bytes | None:
    """Return a short file of the kernel, read at once; this is asked before every solve."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return os.read(file, 2**14)
    except OSError:
        return None
    finally:
        os.close(file)
