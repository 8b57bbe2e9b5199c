#!/usr/bin/env python3
"""Django's command line."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # `platform/` is a source root (docs/developer/layout.md); a bare checkout works without an install.
    sys.path.insert(1, str(Path(__file__).resolve().parent / "platform"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learn.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
