"""The commands of a page of the documentation, for tests that run them as they stand there."""

from __future__ import annotations

import re

from tests.starting.site import ROOT


def commands(page: str, heading: str) -> list[str]:
    """The blocks under the heading of `page` that begins so."""
    sections = re.split(r"^## ", (ROOT / page).read_text(), flags=re.M)
    (found,) = [section for section in sections if section.startswith(heading)]
    return re.findall(r"^```\n(.*?)^```", found, re.M | re.S)
