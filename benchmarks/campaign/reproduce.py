"""A case as a few lines of Python that anyone can paste."""

from __future__ import annotations

from fractions import Fraction

from .case import Case
from .rational import Poly
from .training import Training


def lines(case: Case | Training) -> str:
    """Return the lines that put the case to momentsos and print what it says."""
    return _fit(case) if isinstance(case, Training) else _problem(case)


def _problem(case: Case) -> str:
    names = _letters(case.n)
    polynomials = (case.objective, *case.inequalities, *case.equalities)
    imports = "import momentsos as ms"
    if any("F(" in _text(p, names) for p in polynomials):
        imports += "; from fractions import Fraction as F"
    parts = [_text(case.objective, names)]
    if case.inequalities or case.equalities:
        parts.append("[" + ", ".join(_text(g, names) for g in case.inequalities) + "]")
    if case.equalities:
        parts.append("[" + ", ".join(_text(h, names) for h in case.equalities) + "]")
    options = {**case.options, **({} if case.radius is None else {"bound": float(case.radius)})}
    given = "".join(f", {key}={_option(value, names)}" for key, value in options.items())
    unknown = f'{", ".join(names)}{"," if len(names) == 1 else ""} = ms.variables("{" ".join(names)}")'
    return f"{imports}\n{unknown}\nprint(ms.solve(ms.Problem({', '.join(parts)}){given}))"


def _option(value: object, names: list[str]) -> str:
    """Return an option's value as Python; a list is one of polynomials."""
    return f"[{', '.join(_text(each, names) for each in value)}]" if isinstance(value, list) else repr(value)


def _letters(n: int) -> list[str]:
    return list("xyzw"[:n]) if n <= 4 else [f"x{i + 1}" for i in range(n)]


def _text(polynomial: Poly, names: list[str]) -> str:
    found = ""
    for power, value in sorted(polynomial.terms.items(), key=lambda term: (-sum(term[0]), term[0])):
        factors = [name if e == 1 else f"{name}**{e}" for name, e in zip(names, power, strict=True) if e]
        size = abs(value)
        if size != 1 or not factors:
            factors.insert(0, _number(size))
        found += (" - " if value < 0 else " + ") + "*".join(factors)
    if not found:
        return f"0*{names[0]}"
    whole = found[3:] if found.startswith(" + ") else f"-{found[3:]}"
    return whole if polynomial.degree else f"0*{names[0]} + {whole}".replace("+ -", "- ")


def _number(value: Fraction) -> str:
    if value.denominator == 1 and value < 10**16:
        return str(value.numerator)
    return repr(float(value)) if Fraction(float(value)) == value else f"F({value.numerator}, {value.denominator})"


def _fit(case: Training) -> str:
    biases = "" if case.biases is None else f", biases={[list(b) for b in case.biases]}"
    network = f"ms.PolynomialNetwork({[list(map(list, w)) for w in case.weights]}, {list(case.degrees)}{biases})"
    data = f"{[list(row) for row in case.inputs]}, {[list(row) for row in case.targets]}"
    return f"import momentsos as ms\nnetwork = {network}\nprint(ms.learn(network, {data}, loss={case.loss!r}))"
