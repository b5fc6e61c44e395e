"""The page of all problems with known optima: ``python -m benchmarks.catalogue`` writes ``docs/catalogue.md``.

They are those of the tests (``tests/catalogue.py``) and those of the benchmark of gaps (``benchmarks/library``).
"""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType

import momentsos as ms

from .library import LIBRARY
from .record import table

ROOT = Path(__file__).parent.parent
#: What is said of problems without a minimum, or whose minimum low orders do not certify.
_WORDS = {
    "INFEASIBLE": "no point",
    "UNBOUNDED": "no lower bound",
    "AT_INFINITY": "not attained",
    "NOT_TIGHT": "low orders leave a gap",
}
_HEAD = """# Catalogue of problems

{count} problems whose optima are known, from papers, books and public collections; data and optima are facts, the \
words are ours. `tests/catalogue.py` has the first part, with minimisers and the orders at which relaxations are \
tight: every test of `solve` draws from it. `benchmarks/library/` has the second, on which orders of the hierarchy \
leave gaps: `python -m benchmarks gaps` asks for them, beside SCIP. This page is written by \
`python -m benchmarks.catalogue`, and a test holds it against the problems.
"""


def page() -> str:
    """Return the page."""
    known = _known()
    first = [
        [case.name, *_sizes(case.problem()), _number(case.optimum), case.source]
        for case in sorted(known.CASES, key=lambda case: case.name)
    ]
    hard = [
        [case.name, *_sizes(case.problem()), f"{_number(case.infimum)} ({_WORDS[case.expected]})", case.source]
        for case in sorted(known.HARD, key=lambda case: case.name)
    ]
    gaps = [
        [entry.name, *_sizes(entry.make()), _number(entry.optimum), f"{entry.kind}: {entry.source}"]
        for entry in LIBRARY
    ]
    header = ["problem", "variables", "degree", "constraints", "optimum", "source"]
    parts = [
        _HEAD.format(count=len(first) + len(hard) + len(gaps)),
        f"## Minima that relaxations of low order certify\n\n{table(header, first)}\n",
        f"## No minimum, or none that low orders certify\n\n{table(header, hard)}\n",
        f"## Pooling, complementarity, concave and process problems, signs\n\n{table(header, gaps)}\n",
    ]
    return "\n".join(parts)


def _known() -> ModuleType:
    """Return the catalogue of the tests, which are no package."""
    spec = importlib.util.spec_from_file_location("catalogue", ROOT / "tests" / "catalogue.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules.get(spec.name)
    if module is None:
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def _sizes(problem: ms.Problem) -> list[str]:
    every = (problem.minimize, *problem.inequalities, *problem.equalities)
    degree = max(polynomial.degree for polynomial in every)
    return [str(problem.n_variables), str(degree), str(len(problem.inequalities) + len(problem.equalities))]


def _number(value: float) -> str:
    return ("∞" if value > 0 else "−∞") if math.isinf(value) else f"{value:.9g}"


if __name__ == "__main__":
    (ROOT / "docs" / "catalogue.md").write_text(page(), encoding="utf-8")
