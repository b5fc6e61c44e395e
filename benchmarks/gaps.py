"""Problems on which orders leave gaps: `solve` beside SCIP, in processor time on one machine, start-up apart."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import momentsos as ms

from .library import LIBRARY, Entry
from .record import spread, table

#: Relative gap at which a problem counts as closed, for both.
TOL = 1e-6
#: A bound beyond the published optimum by more than this, relatively, is wrong: optima are published to seven digits.
WRONG = 2e-6
#: Small problems that are solved before the clock starts, so that imports and compilation are over.
WARM_UP = ("fp-2.1", "haverly-1", "hs95")


def run(full: bool) -> tuple[list[dict[str, Any]], str]:
    """Solve the collection with ``auto``, with boxes alone, and with SCIP, one after the other for each problem."""
    limit = 30.0 if full else 20.0
    entries = LIBRARY if full else LIBRARY[::4]
    for entry in LIBRARY:
        if entry.name in WARM_UP:
            for ask in _ASKED.values():
                ask(entry, limit)
    rows = []
    for entry in entries:
        for name, ask in _ASKED.items():
            rows.append({"problem": entry.name, "kind": entry.kind, "tool": name, **ask(entry, limit)})
    return rows, _tables(rows)


def _own(entry: Entry, limit: float, method: str) -> dict[str, Any]:
    problem = entry.make()
    began = time.process_time()
    result = ms.solve(problem, method=method, time_limit=limit)
    seconds = time.process_time() - began
    bound, value = result.lower_bound, result.upper_bound
    if problem.sense.maximizes:
        bound, value = value, bound
    row = _row(entry, problem, bound, value, result.status is ms.Status.CERTIFIED)
    row["exact"] = None
    if result.tree is not None and result.status is ms.Status.CERTIFIED:
        try:
            result.certify()
            row["exact"] = True
        except ms.CertificateError:
            row["exact"] = False
    return row | {"method": result.method, "seconds": seconds}


def _scip(entry: Entry, limit: float) -> dict[str, Any]:
    import pyscipopt

    problem = entry.make()
    model = pyscipopt.Model()
    model.hideOutput()
    model.setParam("limits/gap", TOL)
    model.setParam("limits/time", limit)
    model.setParam("parallel/maxnthreads", 1)
    variables = [model.addVar(name, lb=None) for name in problem.variables]

    def stated(polynomial: ms.Polynomial) -> Any:
        total: Any = 0.0
        for row, value in zip(polynomial.exponents.tolist(), polynomial.values.tolist(), strict=True):
            term: Any = value
            for x, k in zip(variables, row, strict=True):
                for _ in range(k):
                    term = term * x
            total = total + term
        return total

    for g in problem.inequalities:
        alone = _bound_of(g)
        if alone is None:
            model.addCons(stated(g) >= 0)
        elif alone[1]:
            model.chgVarUb(variables[alone[0]], min(alone[2], variables[alone[0]].getUbOriginal()))
        else:
            model.chgVarLb(variables[alone[0]], max(alone[2], variables[alone[0]].getLbOriginal()))
    for h in problem.equalities:
        model.addCons(stated(h) == 0)
    objective = model.addVar("objective", lb=None)
    model.addCons(objective >= stated(problem.minimize))
    model.setObjective(objective, "minimize")
    began = time.process_time()
    model.optimize()
    seconds = time.process_time() - began
    sign = -1.0 if problem.sense.maximizes else 1.0
    value = sign * model.getPrimalbound() if model.getNSols() else None
    bound = sign * model.getDualbound()
    closed = value is not None and abs(value - bound) <= TOL * max(1.0, abs(value))
    return _row(entry, problem, bound, value, closed) | {"seconds": seconds}


def _bound_of(g: ms.Polynomial) -> tuple[int, bool, float] | None:
    """Return the variable, the side and the value of an inequality that bounds one variable, None for others."""
    rows, values = g.exponents.tolist(), g.values.tolist()
    terms = [(row, value) for row, value in zip(rows, values, strict=True) if any(row)]
    if len(terms) != 1 or sum(terms[0][0]) != 1:
        return None
    constant = sum(value for row, value in zip(rows, values, strict=True) if not any(row))
    row, rate = terms[0]
    return row.index(1), rate < 0, -constant / rate


def _row(entry: Entry, problem: ms.Problem, bound: float | None, value: float | None, closed: bool) -> dict[str, Any]:
    sign = -1.0 if problem.sense.maximizes else 1.0
    slack = WRONG * max(1.0, abs(entry.optimum))
    too_high = bound is not None and sign * bound > sign * entry.optimum + slack
    too_low = value is not None and sign * value < sign * entry.optimum - slack
    wrong = bool(too_high or too_low)
    return {"variables": problem.n_variables, "bound": bound, "value": value, "closed": bool(closed), "wrong": wrong}


_ASKED = {
    "momentsos, auto": lambda entry, limit: _own(entry, limit, "auto"),
    "momentsos, branch": lambda entry, limit: _own(entry, limit, "branch"),
    "SCIP": _scip,
}


def _tables(rows: Sequence[dict[str, Any]]) -> str:
    tools = list(dict.fromkeys(row["tool"] for row in rows))
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    lines = []
    for kind in [*kinds, None]:
        own = [row for row in rows if kind in (None, row["kind"])]
        count = len({row["problem"] for row in own})
        cells = [kind or "all", str(count)]
        for tool in tools:
            mine = [row for row in own if row["tool"] == tool]
            cells.append(f"{sum(row['closed'] for row in mine)}; {spread([row['seconds'] for row in mine])}")
        lines.append(cells)
    summary = table(["kind", "problems", *(f"{tool}: closed; seconds" for tool in tools)], lines)
    wrong = [f"{row['problem']} ({row['tool']})" for row in rows if row["wrong"]]
    exact = [row["exact"] for row in rows if row.get("exact") is not None]
    each = table(
        ["problem", *tools],
        [
            [name, *(_cell(next(r for r in rows if r["problem"] == name and r["tool"] == tool)) for tool in tools)]
            for name in dict.fromkeys(row["problem"] for row in rows)
        ],
    )
    words = f"Wrong: {', '.join(wrong) or 'none'}. Exact certificates of closed trees: {sum(exact)} of {len(exact)}."
    return f"{summary}\n\n{words}\n\n{each}\n"


def _cell(row: dict[str, Any]) -> str:
    return f"{'closed' if row['closed'] else 'open'}, {row['seconds']:.2f}"
