"""`python -m bench NAME …` runs `main` of bench/NAME.py."""

import importlib
import sys
from pathlib import Path

NAMES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_") and path.stem != "figures"
)

if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
    print(f"usage: python -m bench {{{','.join(NAMES)}}} [options]", file=sys.stderr)
    sys.exit(2)
sys.exit(importlib.import_module(f"bench.{sys.argv[1]}").main(sys.argv[2:]))
