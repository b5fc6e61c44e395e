"""Check the content of a certificate of a sum-of-squares program in exact arithmetic; no solver, no NumPy.

A program asks for numbers c with identities between polynomials in x, one for each constraint k,

    known_k + sum_i c_i parts_ki  =  sum_j  b_j' X_j b_j  prod_{i in factors_j} g_ki  +  sum_l  p_l h_kl,

every X_j semidefinite; a constraint of kind "identity" has nothing on the right. The certificate holds one or both of

- values c with the identities: a feasible choice, with its objective;
- functionals L_k on the polynomials, zero on the multiples of the h_kl that are listed, with semidefinite matrices
  L_k(g b b') for all bases that are listed. Applied to the identities of any feasible c they give

      sum_k L_k(known_k) + sum_i c_i sum_k L_k(parts_ki)  >=  0.

  Where sum_k L_k(parts_ki) is the coefficient a_i of the objective (its negative when maximising), that bounds the
  objective; where it is 0 for all i and sum_k L_k(known_k) < 0, there is no feasible c.

Variables of the rows of a matrix constraint are among the variables, and the polynomials are forms in them.
"""

import time
from fractions import Fraction
from typing import Any

from ..certificates.format import need, read
from ..certificates.verify import MAX_BASIS, MAX_VARIABLES, Poly, common, lcm, monomials, semidefinite, times, total

NAME, VERSION = "momentsos program certificate", 1
_TERMS = [("number", ["natural"])]

#: As in `momentsos.certificates.format`.
FORMAT = {
    "format": "text",
    "version": "natural",
    "digest": "text",
    "statement": "text",
    "program": {
        "sense": "text",
        "unknowns": [{"name": "text", "variables": ["text"], "exponents": ["natural"]}],
        "objective": {"constant": "number", "terms": [("natural", "number")]},
        "constraints": [
            {
                "kind": "text",
                "variables": ["text"],
                "rows": "natural",
                "degree": "natural",
                "known": _TERMS,
                "parts": [("natural", _TERMS)],
                "on": [_TERMS],
                "equalities": [_TERMS],
            }
        ],
    },
    "claim": "text",
    "values": ["number"],
    "proofs": [
        {
            "grams": [
                {
                    "factors": ["natural"],
                    "basis": [["natural"]],
                    "combination": [["number"]],
                    "gram": [["number"]],
                }
            ],
            "multipliers": [{"equality": "natural", "basis": [["natural"]], "coefficients": ["number"]}],
        }
    ],
    "functionals": [
        {
            "monomials": [["natural"]],
            "values": ["number"],
            "grams": [{"factors": ["natural"], "basis": [["natural"]]}],
            "multipliers": [{"equality": "natural", "basis": [["natural"]]}],
        }
    ],
}
#: Rows up to which a singular matrix is looked at.
SINGULAR = 60
#: What a certificate may claim.
FEASIBLE, OPTIMAL, BOUND, INFEASIBLE = "feasible", "optimal", "bound", "infeasible"


class Stated:
    """The program of a document as packed polynomials."""

    def __init__(self, program: Any) -> None:
        self.sense = program["sense"]
        need(self.sense in ("minimize", "maximize", "find"), "unknown sense")
        self.unknowns = len(program["unknowns"])
        self.constant = program["objective"]["constant"]
        self.gains = self._weights(program["objective"]["terms"])
        self.sizes: list[int] = []
        self.known: list[Poly] = []
        self.parts: list[dict[int, Poly]] = []
        self.on: list[list[Poly]] = []
        self.equalities: list[list[Poly]] = []
        for each in program["constraints"]:
            n = len(each["variables"])
            need(n <= MAX_VARIABLES and len(set(each["variables"])) == n, "wrong number or names of variables")
            need(each["rows"] <= n and each["kind"] in ("sos", "identity"), "a wrong kind of constraint")
            self.sizes.append(n)
            self.known.append(packed(each["known"], n))
            parts = {i: packed(terms, n) for i, terms in each["parts"]}
            need(len(parts) == len(each["parts"]), "an unknown occurs twice in a constraint")
            need(all(i < self.unknowns for i in parts), "an unknown that does not exist")
            self.parts.append(parts)
            self.on.append([packed(terms, n) for terms in each["on"]])
            self.equalities.append([packed(terms, n) for terms in each["equalities"]])
            need(each["kind"] == "sos" or not self.on[-1] + self.equalities[-1], "an identity on a set")
        self.kinds = [each["kind"] for each in program["constraints"]]

    def _weights(self, terms: Any) -> list[Fraction]:
        weights = [Fraction(0)] * self.unknowns
        for i, value in terms:
            need(i < self.unknowns, "an unknown that does not exist in the objective")
            weights[i] += value
        return weights


def check(document: Any, seconds: float) -> tuple[Fraction | None, Fraction | None]:
    """Return the objective at the values and the bound, as far as they are proved; a ValueError at any defect."""
    until = time.monotonic() + seconds
    content = read(document, FORMAT, until=until)
    need((content["format"], content["version"]) == (NAME, VERSION), "unknown format or version")
    stated, claim = Stated(content["program"]), content["claim"]
    need(claim in (FEASIBLE, OPTIMAL, BOUND, INFEASIBLE), "unknown claim")
    value = bound = None
    if claim in (FEASIBLE, OPTIMAL):
        value = _value(stated, content["values"], content["proofs"], until)
    else:
        need(not content["values"] and not content["proofs"], "values without a claim")
    if claim in (OPTIMAL, BOUND, INFEASIBLE):
        need(stated.sense != "find" or claim == INFEASIBLE, "a bound without an objective")
        bound = _bound(stated, content["functionals"], claim == INFEASIBLE, until)
    else:
        need(not content["functionals"], "functionals without a claim")
    return value, bound


def _value(stated: Stated, values: list[Fraction], proofs: Any, until: float) -> Fraction:
    """Return the objective after the proof of every identity."""
    need(len(values) == stated.unknowns, "a wrong number of values")
    need(len(proofs) == len(stated.known), "a wrong number of proofs")
    for k, proof in enumerate(proofs):
        n, where = stated.sizes[k], f"constraint {k}"
        parts = [stated.known[k], *(scaled(part, values[i]) for i, part in stated.parts[k].items())]
        for block in proof["grams"]:
            need(stated.kinds[k] == "sos", f"{where}: a Gram matrix in an identity")
            part, factors = squares(block, n, where, until), block["factors"]
            need(len(factors) <= 4 and all(j < len(stated.on[k]) for j in factors), f"{where}: wrong factors")
            for j in factors:
                part = times(part, stated.on[k][j], until)
            parts.append((part[0], -part[1]))
        for multiplier in proof["multipliers"]:
            need(multiplier["equality"] < len(stated.equalities[k]), f"{where}: no such equality")
            factor = common(monomials(multiplier["basis"], n), multiplier["coefficients"])
            terms, d = times(factor, stated.equalities[k][multiplier["equality"]], until)
            parts.append((terms, -d))
        need(not any(total(parts)[0].values()), f"{where}: the two sides of the identity differ")
    return stated.constant + sum((a * c for a, c in zip(stated.gains, values, strict=True)), Fraction(0))


def _bound(stated: Stated, functionals: Any, is_infeasible: bool, until: float) -> Fraction:
    """Return the bound of the objective, or what contradicts zero, after the proof of every condition."""
    need(len(functionals) == len(stated.known), "a wrong number of functionals")
    sign = {"minimize": 1, "maximize": -1, "find": 0}[stated.sense] * (not is_infeasible)
    sums, known = [Fraction(0)] * stated.unknowns, Fraction(0)
    for k, functional in enumerate(functionals):
        n, where = stated.sizes[k], f"functional {k}"
        keys = monomials(functional["monomials"], n)
        need(len(keys) == len(functional["values"]), f"{where}: a wrong number of values")
        moments = dict(zip(keys, functional["values"], strict=True))
        known += applied(moments, stated.known[k], where)
        for i, part in stated.parts[k].items():
            sums[i] += applied(moments, part, where)
        for multiplier in functional["multipliers"]:
            need(multiplier["equality"] < len(stated.equalities[k]), f"{where}: no such equality")
            h = stated.equalities[k][multiplier["equality"]]
            for key in monomials(multiplier["basis"], n):
                shifted: Poly = ({key + e: value for e, value in h[0].items()}, h[1])
                need(not applied(moments, shifted, where), f"{where}: not zero on a multiple of an equality")
        for block in functional["grams"]:
            need(time.monotonic() < until, "the time limit was reached")
            factor: Poly = ({0: 1}, 1)
            need(all(j < len(stated.on[k]) for j in block["factors"]), f"{where}: wrong factors")
            for j in block["factors"]:
                factor = times(factor, stated.on[k][j], until)
            basis = monomials(block["basis"], n)
            rows = [
                [
                    applied(moments, ({a + b + e: v for e, v in factor[0].items()}, factor[1]), where)
                    for b in basis[: i + 1]
                ]
                for i, a in enumerate(basis)
            ]
            need(is_semidefinite(rows, until), f"{where}: a matrix is not semidefinite")
    wanted = [sign * a for a in stated.gains]
    need(sums == wanted, "the functionals do not fit the objective")
    if is_infeasible:
        need(known < 0, "the functionals contradict nothing")
        return known
    return stated.constant - sign * known


def applied(moments: dict[int, Fraction], polynomial: Poly, where: str) -> Fraction:
    """Return the functional at a polynomial."""
    found = Fraction(0)
    for key, value in polynomial[0].items():
        if value:
            need(key in moments, f"{where}: no value for a monomial that occurs")
            found += value * moments[key]
    return found / polynomial[1]


def squares(block: Any, n: int, where: str, until: float) -> Poly:
    """Return the polynomial b' C' Y C b of a block after the proof that Y is positive semidefinite."""
    basis, rows, lower = monomials(block["basis"], n), block["combination"], block["gram"]
    size = len(rows or basis)
    need(0 < size <= len(basis) <= MAX_BASIS, f"{where}: size of basis or combination")
    need([len(row) for row in lower] == [*range(1, size + 1)], f"{where}: shape of Gram matrix")
    need(all(len(row) == len(basis) for row in rows), f"{where}: shape of combination")
    need(is_semidefinite(lower, until), f"{where}: a Gram matrix is not semidefinite")
    forms = [common(basis, row) for row in rows] or [({b: 1}, 1) for b in basis]
    parts: list[Poly] = []
    for i, row in enumerate(lower):
        weights = [value if i == j else 2 * value for j, value in enumerate(row)]
        inner = total([scaled(forms[j], w) for j, w in enumerate(weights) if w] or [({}, 1)])
        parts.append(times(forms[i], inner, until))
    return total(parts)


def is_semidefinite(lower: list[list[Fraction]], until: float) -> bool:
    """Whether a matrix, given by its lower triangle, is proved to be positive semidefinite.

    Definite ones by a Cholesky factor with an error bound; those up to 60 rows that may be singular by elimination.
    """
    full = [[lower[max(i, j)][min(i, j)] for j in range(len(lower))] for i in range(len(lower))]
    kept = [i for i, row in enumerate(full) if any(row)]
    if not kept:
        return True
    d = lcm(value.denominator for row in full for value in row)
    whole = [[int(full[i][j] * d) for j in kept] for i in kept]
    return semidefinite(whole, until) or (len(kept) <= SINGULAR and _eliminated(whole, until))


def _eliminated(matrix: list[list[int]], until: float) -> bool:
    """Whether elimination in fractions meets no negative pivot, and no zero one with entries beside it."""
    rows = [[Fraction(value) for value in row] for row in matrix]
    for i in range(len(rows)):
        need(time.monotonic() < until, "the time limit was reached")
        pivot = rows[i][i]
        if pivot < 0 or (pivot == 0 and any(rows[i][i:])):
            return False
        for j in range(i + 1, len(rows)) if pivot else ():
            factor = rows[j][i] / pivot
            if factor:
                rows[j][i:] = [a - factor * b for a, b in zip(rows[j][i:], rows[i][i:], strict=True)]
    return True


def packed(terms: Any, n: int) -> Poly:
    """Return the polynomial of a list of coefficients and exponents."""
    return common(monomials([row for _, row in terms], n), [value for value, _ in terms])


def scaled(polynomial: Poly, factor: Fraction) -> Poly:
    """Return a polynomial times a number."""
    return {key: value * factor.numerator for key, value in polynomial[0].items()}, polynomial[1] * factor.denominator
