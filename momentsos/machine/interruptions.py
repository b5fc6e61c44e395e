"""Ctrl-C in a process that belongs to the command: one line and an exit code, as soon as there is code of ours.

Nothing is imported here but what every process has.
"""

from __future__ import annotations

import atexit
import os
import signal

#: The exit code of an interrupted command, and its line.
INTERRUPTED, LINE = 130, "momentsos: interrupted"


def end_at_interruptions() -> bool:
    """Let an interruption end the process at once: nothing is under way that would have to be cleaned up.

    Returns
    -------
    bool
        False where interruptions are ignored, as behind nohup, or handled by somebody else: they stay so.
    """
    if signal.getsignal(signal.SIGINT) not in (signal.default_int_handler, _end):
        return False
    signal.signal(signal.SIGINT, _end)
    return True


def ignore_at_the_end() -> None:
    """Let interruptions change nothing any more once the interpreter is about to end: all has been said by then."""
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


def raise_at_interruptions() -> None:
    """Let an interruption raise `KeyboardInterrupt`, as Python does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(*_: object) -> None:
    os.write(2, f"{LINE}\n".encode())
    os._exit(INTERRUPTED)
