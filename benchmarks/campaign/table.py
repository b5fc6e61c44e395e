"""Counts a campaign's outcomes by family and by group, and holds them against those of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from ..record import table
from .family import FAMILIES
from .judge import CLASSES

#: The status that is the answer where there is no minimum.
_ANSWERS = {"empty": "INFEASIBLE", "unbounded": "UNBOUNDED", "approached": "AT_INFINITY"}
#: Kinds of faults, a column each.
KINDS = ("false", "slight", "crash", "hang", "overrun", "outside", "loose")

Counts = dict[str, Any]


def decided(record: Mapping[str, Any]) -> bool:
    """Whether the answer settles the problem: certified, or the right one of the other statuses."""
    status = record["claim"].get("status", "")
    return status.startswith("CERTIFIED") or status == _ANSWERS.get(record["truth"], "-")


def proved(record: Mapping[str, Any]) -> bool:
    """Whether an answer that settles the problem rests on a theorem."""
    claim = record["claim"]
    return decided(record) and (claim.get("rigorous", False) or claim["status"] in ("INFEASIBLE", "UNBOUNDED"))


def kinds(record: Mapping[str, Any]) -> set[str]:
    """Return the kinds of faults of a record."""
    return {CLASSES.get(fault["name"], "judge") for fault in record["faults"]}


def counted(records: Iterable[Mapping[str, Any]]) -> Counts:
    """Return the counts of some records."""
    found = list(records)
    each = Counter(kind for record in found for kind in kinds(record))
    return {
        "count": len(found),
        "decided": sum(decided(record) and not {"false", "outside"} & kinds(record) for record in found),
        "proved": sum(proved(record) for record in found),
        **{kind: each[kind] for kind in (*KINDS, "judge")},
        "refused": sum(record["claim"]["end"] == "refused" for record in found),
        "seconds": median(record["claim"].get("cpu", record["claim"].get("seconds", 0.0)) for record in found),
    }


def summary(records: Sequence[Mapping[str, Any]]) -> dict[str, Counts]:
    """Return the counts of each family, of each group, and of all; groups are in brackets."""
    rows: dict[str, Counts] = {}
    groups: dict[str, list] = {}
    for name, family in FAMILIES.items():
        own = [record for record in records if record["family"] == name]
        if own:
            rows[name] = counted(own)
            groups.setdefault(family.group, []).extend(own)
    rows |= {f"[{group}]": counted(own) for group, own in groups.items()}
    if records:
        rows["[all]"] = counted(records)
    return rows


def text(rows: Mapping[str, Counts], before: Mapping[str, Counts] | None = None) -> str:
    """Return the table; where there is an earlier one, changes are in brackets."""
    header = ("family", "problems", "decided", "proved", *KINDS, "refused", "median CPU s")
    lines = []
    for name, row in rows.items():
        old = (before or {}).get(name)
        shown = [name, str(row["count"]), _share("decided", row, old), _share("proved", row, old)]
        shown += [_changed(row[kind], old and old[kind]) for kind in (*KINDS, "refused")]
        lines.append([*shown, f"{row['seconds']:.2f}" + (f" ({old['seconds']:.2f})" if old else "")])
    return table(header, lines)


def _share(name: str, row: Counts, old: Counts | None) -> str:
    own = 100 * row[name] / row["count"]
    if old is None or name not in old:
        return f"{own:.0f} %"
    return f"{own:.0f} % ({own - 100 * old[name] / old['count']:+.0f})"


def _changed(now: int, old: int | None) -> str:
    return str(now) if old is None or now == old else f"{now} ({now - old:+d})"


def faults(records: Iterable[Mapping[str, Any]]) -> str:
    """Return how often each class of fault comes, with its largest size and one problem that shows it."""
    seen: dict[str, list[tuple[float, str]]] = {}
    for record in records:
        for fault in record["faults"]:
            place = f"{record['family']} {record['seed']}"
            seen.setdefault(fault["name"], []).append((fault["size"], place))
    order = sorted(seen, key=lambda name: list(CLASSES).index(name) if name in CLASSES else 99)
    lines = [[name, str(len(seen[name])), f"{max(seen[name])[0]:.1e}", max(seen[name])[1]] for name in order]
    return table(("fault", "answers", "largest", "seen in"), lines) if lines else "No fault."
