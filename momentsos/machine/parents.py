"""A process that ends when the one that started it does, however that dies."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

#: The number of the option of prctl(2) that names the signal sent at the parent's death.
_PARENT_DEATH_SIGNAL = 1
#: Seconds between two looks at the parent where the system sends no signal.
_EVERY = 0.5


def end_with_parent(parent: int) -> None:
    """End this process as soon as its parent has died.

    On Linux the kernel sees to it; elsewhere a thread looks twice a second whether the process was adopted.

    Parameters
    ----------
    parent : int
        The process that started this one. Where it has died already, this process ends now.
    """
    if sys.platform == "linux":
        signal_at_parents_death()
    elif hasattr(os, "getppid"):
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if hasattr(os, "getppid") and os.getppid() != parent:
        os._exit(1)


def signal_at_parents_death() -> None:
    """Ask the kernel to kill this process at its parent's death; nothing on systems other than Linux.

    It may be called between fork and exec: what the kernel was asked for outlives exec.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_EVERY)
    os._exit(1)
