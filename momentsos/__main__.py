"""``python -m momentsos``, and what the command ``momentsos`` calls."""

import sys


def run() -> int:
    """Run the command line; before it is imported, Ctrl-C has its exit code and its line."""
    from .machine.interruptions import end_at_interruptions, ignore_at_the_end

    if end_at_interruptions():
        ignore_at_the_end()
    from .cli import main

    return main()


if __name__ == "__main__":
    sys.exit(run())
