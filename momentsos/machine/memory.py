"""How much memory is free, without any package."""

from __future__ import annotations

import os

_FALLBACK = 4 * 2**30


def available_bytes() -> int:
    """Return the memory that a new allocation may take, in bytes, within the control group's limit if there is one."""
    free = _meminfo()
    limit, used = _number("/sys/fs/cgroup/memory.max"), _number("/sys/fs/cgroup/memory.current")
    if limit is not None and used is not None:
        free = min(free, max(limit - used, 0))
    return free


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
