"""Draw the pictures of plots.md again, by its own snippets: ``python docs/pictures.py``."""

import os
import re
from pathlib import Path

import matplotlib

FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

if __name__ == "__main__":
    matplotlib.use("Agg")
    page = Path(__file__).with_name("plots.md")
    os.chdir(page.parent)
    session: dict[str, object] = {}
    for source in FENCE.findall(page.read_text(encoding="utf-8")):
        exec(compile(source, str(page), "exec"), session)
