"""Draw the pictures of plots.md and flat-channels.md again, by their own snippets: ``python docs/pictures.py``."""

import os
import re
from pathlib import Path

import matplotlib

FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

if __name__ == "__main__":
    matplotlib.use("Agg")
    os.chdir(Path(__file__).parent)
    for name in ("plots.md", "flat-channels.md"):
        session: dict[str, object] = {}
        for source in FENCE.findall(Path(name).read_text(encoding="utf-8")):
            exec(compile(source, name, "exec"), session)
