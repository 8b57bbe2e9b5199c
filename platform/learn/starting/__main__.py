"""`./run`, as early as Python lets us: Ctrl-C while modules are still being read ends it without a word."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from . import command

    return command.main()


if __name__ == "__main__":
    sys.exit(main())
