"""The result files as one page of the documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_START = """# Benchmarks

What stands in one section was measured side by side in one run, with one thread. This page is written from \
the result files by `python -m benchmarks page`; no number in it is typed by hand. `make bench` runs a short \
version of all parts, `make bench-full` the long one, `python -m benchmarks PART` one part, and `python -m \
benchmarks compare A.json B.json` holds two result files against each other."""


def write(folder: Path, parts: dict[str, str], out: Path) -> None:
    """Write the page, and draw the pictures beside it, from the result files of a folder.

    Parameters
    ----------
    folder : Path
    parts : dict
        Title of each part.
    out : Path
    """
    texts = [_START]
    for name, title in parts.items():
        path = folder / f"{name}.json"
        if not path.exists():
            texts.append(f"## {title}\n\nNot part of this run.")
            continue
        found = json.loads(path.read_text(encoding="utf-8"))
        texts += [f"## {title}", f"```sh\n{found['command']}\n```", origin(found), found["text"]]
        picture = draw(name, found["rows"], out.parent)
        if picture:
            texts.append(f"![{title}]({picture.name})")
    out.write_text("\n\n".join(texts) + "\n", encoding="utf-8")


def origin(found: dict[str, Any]) -> str:
    """Return on what the rows were measured."""
    env = found["environment"]
    versions = ", ".join(f"{name} {version}" for name, version in env["versions"].items())
    commit = env["commit"] + (" with changes" if env["changed"] else "")
    return (
        f"{env['machine']}, Python {env['python']}, {env['threads']} thread, load {env['load']} at the start (work of "
        f"others on the machine included); commit {commit}; {versions}. It took {found['seconds']:.0f} s."
    )


def draw(name: str, rows: list[dict[str, Any]], folder: Path) -> Path | None:
    """Draw the picture of a part, if it has one."""
    path = folder / f"bench-{name}.png"
    if name == "baselines":
        from .baselines.picture import draw as picture
    elif name == "growth":
        from .growth import draw as picture
    else:
        return None
    picture(rows, path)
    return path
