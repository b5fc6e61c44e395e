"""Attacks on certificates with symmetries: files that are changed, and false ones whose identity holds."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import permutations, product
from typing import Any

import numpy as np
from certificates.orbit_judge import Document, Terms, half_space, image_of, unit

import momentsos as ms
from momentsos.certificates.orbits import check_half_spaces
from momentsos.certificates.verify import check
from momentsos.conditioning.symmetry import half_spaces, symmetries_of

# -- certificates that hold --------------------------------------------------------------------------------


def genuine(seed: int) -> Document | None:
    """Return the certificate of a random symmetric problem with half-spaces; None where it has none."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 4))
    x = ms.variables([f"x{i}" for i in range(n)])
    middle = Fraction(int(rng.integers(-1, 2)), 2) if seed % 3 == 2 else Fraction(0)
    y = [v - middle for v in x]
    images = list(permutations(range(n))) if seed % 2 else [tuple(range(n))]
    signs = list(product((1, -1), repeat=n)) if seed % 3 else [(1,) * n, (-1,) * n]
    f = sum((v**4 for v in y), 0 * x[0])
    for _ in range(4):
        powers, value = rng.multinomial(int(rng.integers(1, 5)), np.ones(n) / n).tolist(), int(rng.integers(-5, 6))
        for image, sign in product(images, signs):
            monomial = 0 * x[0] + value
            for i, power in enumerate(powers):
                monomial = monomial * (sign[i] * y[image[i]]) ** power
            f = f + monomial
    ball = sum((v**2 for v in y), 0 * x[0])
    kinds = [{"inequalities": [1 - ball]}, {"inequalities": [s for v in y for s in (1 - v, 1 + v)]}]
    kinds += [{"equalities": [ball - 1]}]
    problem = ms.Problem(maximize=-f, **kinds[seed % 3 - 1]) if seed % 5 == 0 else ms.Problem(f, **kinds[seed % 3 - 1])
    symmetries = symmetries_of(problem)
    if symmetries is None:
        return None
    used = half_spaces(symmetries, problem, ms.solve(problem).minimizers[0])
    halved = replace(problem, inequalities=(*problem.inequalities, *used.polynomials))
    result = ms.solve(halved, method="dense")
    if not result.region.everything or result.lower_bound is None:
        return None
    try:
        document = replace(result, problem=problem, symmetry=used).certify().document
    except ms.CertificateError:
        return None
    return document if document["version"] == 4 else None


# -- false certificates whose identity holds ----------------------------------------------------------------


def constructed(seed: int) -> Document:
    """Return a file whose identity holds, for its objective is made of it, and whose claim is false.

    The objective is below the bound wherever a half-space is not: its symmetries are none, though for even seeds it is
    odd about the bound, or its constraints have them.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 4))
    middles = [_rational(rng) if rng.random() < 0.4 else Fraction(0) for _ in range(n)]
    centre, elements = [m + _rational(rng, 9) + Fraction(7, 8) for m in middles], list[Any]()
    while not elements or (len(elements) < 2 and rng.random() < 0.5):
        signs = [-1] * n if seed % 2 == 0 else rng.choice([-1, 1], n)
        order = range(n) if seed % 2 == 0 else rng.permutation(n)
        element = [[int(j), int(s)] for j, s in zip(order, signs, strict=True)]
        if image_of(element, middles, centre) != centre:
            elements.append(element)
    half = [half_space(element, middles, centre) for element in elements]
    walls = [{(0,) * n: Fraction(9)} | {unit(n, i, 2): Fraction(-1) for i in range(n)}] * int(rng.integers(0, 2))
    basis = [[0] * n, *(list(unit(n, i)) for i in range(n))]
    rows = [[_rational(rng) for _ in basis] for _ in range(2)]
    mixed = seed % 2 == 1
    gram = [[sum(r[i] * r[j] for r in rows) * mixed + int(i == j) for j in range(i + 1)] for i in range(n + 1)]
    place, bound = int(rng.integers(len(half))), _rational(rng)
    f = {(0,) * n: bound}
    for (i, a), (j, b) in product(enumerate(basis), repeat=2):
        for key, value in half[place].items():
            powers = tuple(map(sum, zip(a, b, key, strict=True)))
            f[powers] = f.get(powers, Fraction(0)) + gram[max(i, j)][min(i, j)] * value
    block = {"factors": [len(walls) + place], "basis": basis, "combination": [], "gram": _texts(gram)}
    return {
        "format": "momentsos certificate",
        "version": 4,
        "digest": "",
        "statement": "",
        "numbers": "fractions",
        "added": [],
        "problem": {
            "variables": [f"x{i}" for i in range(n)],
            "minimize": _written(f),
            "inequalities": [_written(g) for g in (*walls, *half)],
            "equalities": [],
        },
        "change": {"shift": ["0"] * n, "matrix": _texts([unit(n, i) for i in range(n)])},
        "denominator": {"exponent": 0, "variables": []},
        "bound": str(bound),
        "blocks": [block],
        "multipliers": [],
        "point": [],
        "directions": [],
        "symmetry": {
            "middles": list(map(str, middles)),
            "centre": list(map(str, centre)),
            "elements": [[[j, str(s)] for j, s in element] for element in elements],
        },
    }


def slightly_lopsided(document: Document, rng: np.random.Generator) -> Document:
    """Return a file whose identity still holds after a tiny square was added to the objective and to its proof."""
    changed, n = copy.deepcopy(document), len(document["problem"]["variables"])
    sense = "maximize" if "maximize" in changed["problem"] else "minimize"
    tiny = Fraction(1, 10 ** int(rng.integers(6, 40)))
    i, T = int(rng.integers(n)), [list(map(Fraction, row)) for row in changed["change"]["matrix"]]
    if changed["denominator"]["exponent"] or any(T[i][j] for j in range(n) if j != i):
        return changed
    a, scale = Fraction(changed["change"]["shift"][i]), tiny / T[i][i] ** 2 * (1 if sense == "minimize" else -1)
    f = {tuple(row): Fraction(c) for c, row in changed["problem"][sense]}
    offset = Fraction(int(rng.integers(1, 4)), 7) if rng.random() < 0.5 else Fraction(0)
    for power, value in enumerate([(a + offset) ** 2, -2 * (a + offset), Fraction(1)]):
        f[unit(n, i, power)] = f.get(unit(n, i, power), Fraction(0)) + scale * value
    changed["problem"][sense] = _written(f)
    shifted, zero, one = offset / T[i][i], [0] * n, list(unit(n, i))
    gram = _texts([[tiny * shifted**2], [-tiny * shifted, tiny]]) if offset else [[str(tiny)]]
    own = {"factors": [], "basis": [zero, one] if offset else [one], "combination": [], "gram": gram}
    if offset:  # of rank one: as the square of one combination
        own |= {"combination": _texts([[-shifted, Fraction(1)]]), "gram": [[str(tiny)]]}
    changed["blocks"].append(own)
    return changed


# -- changes of a file -------------------------------------------------------------------------------------


def mutated(document: Document, rng: np.random.Generator) -> tuple[str, Document]:
    """Return the name of a random change, and the file after it."""
    name = sorted(CHANGES)[int(rng.integers(len(CHANGES)))]
    changed = copy.deepcopy(document)
    CHANGES[name](changed, rng)
    return name, changed


def _element(d: Document, rng: np.random.Generator) -> Any:
    elements = d["symmetry"]["elements"]
    return elements[int(rng.integers(len(elements)))]


def _flip(d: Document, rng: np.random.Generator) -> None:
    pair = _some(_element(d, rng), rng)
    pair[1] = str(-Fraction(pair[1]))


def _swap_images(d: Document, rng: np.random.Generator) -> None:
    element = _element(d, rng)
    i, j = rng.integers(len(element), size=2)
    element[i][0], element[j][0] = element[j][0], element[i][0]


def _random_element(d: Document, rng: np.random.Generator, follow: bool = False) -> None:
    n, elements = len(d["symmetry"]["centre"]), d["symmetry"]["elements"]
    number = int(rng.integers(len(elements)))
    elements[number] = [[int(j), str(rng.choice([-1, 1]))] for j in rng.permutation(n)]
    if follow:
        d["problem"]["inequalities"][_first_half(d) + number] = _written(_half_spaces(d)[number])


def _stretch(d: Document, rng: np.random.Generator) -> None:
    pair = _some(_element(d, rng), rng)
    pair[1] = str(Fraction(pair[1]) * Fraction(str(rng.choice(["2", "0", "1/3", "1000001/1000000"]))))


def _repeat_image(d: Document, rng: np.random.Generator) -> None:
    element = _element(d, rng)
    element[0][0] = element[-1][0] if len(element) > 1 else 1


def _drop_element(d: Document, rng: np.random.Generator) -> None:
    d["symmetry"]["elements"].pop(int(rng.integers(len(d["symmetry"]["elements"]))))


def _claim_more(d: Document, rng: np.random.Generator) -> None:
    d["symmetry"]["elements"].insert(0, copy.deepcopy(_element(d, rng)))


def _drop_half_space(d: Document, rng: np.random.Generator) -> None:
    d["problem"]["inequalities"].pop(_a_half(d, rng))


def _swap_halves(d: Document, rng: np.random.Generator) -> None:
    rows, (i, j) = d["problem"]["inequalities"], (_a_half(d, rng), _a_half(d, rng))
    rows[i], rows[j] = rows[j], rows[i]


def _scaled_half(d: Document, rng: np.random.Generator) -> None:
    row = d["problem"]["inequalities"][_a_half(d, rng)]
    factor = Fraction(str(rng.choice(["-1", "2", "1/3", "-1/1000", "0"])))
    row[:] = [[str(Fraction(c) * factor), e] for c, e in row]


def _shifted_half(d: Document, rng: np.random.Generator) -> None:
    _nudge(d["problem"]["inequalities"][_a_half(d, rng)], rng, 1)


def _nudged_objective(d: Document, rng: np.random.Generator) -> None:
    _nudge(d["problem"]["maximize" if "maximize" in d["problem"] else "minimize"], rng, 4)


def _nudged_constraint(d: Document, rng: np.random.Generator) -> None:
    rows = [*d["problem"]["inequalities"], *d["problem"]["equalities"]]
    _nudge(_some(rows, rng), rng, 2)


def _nudge(row: Any, rng: np.random.Generator, degree: int) -> None:
    """Change one coefficient, or add a term, by a tiny fraction."""
    n = len(row[0][1]) if row else 1
    powers = _some(row, rng)[1] if row and rng.random() < 0.5 else rng.multinomial(degree, np.ones(n) / n).tolist()
    terms = {tuple(e): Fraction(c) for c, e in row}
    terms[tuple(powers)] = terms.get(tuple(powers), Fraction(0)) + _tiny(rng)
    row[:] = _written(terms)


def _number_at(*path: str) -> Callable[[Document, np.random.Generator], None]:
    """Return a change of a number by a tiny fraction, in the lists that a path of keys leads to."""

    def change(d: Document, rng: np.random.Generator) -> None:
        at: Any = d
        for key in path:
            at = _some(at, rng)[key] if isinstance(at, list) and at else at[key] if isinstance(at, dict) else []
        while isinstance(at, list) and at and isinstance(at[0], list):
            at = _some(at, rng)
        if isinstance(at, list) and at:
            place = int(rng.integers(len(at)))
            at[place] = str(Fraction(at[place]) + _tiny(rng))

    return change


def _bound(d: Document, rng: np.random.Generator) -> None:
    d["bound"] = str(Fraction(d["bound"]) + _tiny(rng))


def _drop_block(d: Document, rng: np.random.Generator) -> None:
    d["blocks"].pop(int(rng.integers(len(d["blocks"]))))


def _other_factor(d: Document, rng: np.random.Generator) -> None:
    count = len(d["problem"]["inequalities"]) + 1
    _some(d["blocks"], rng)["factors"] = rng.integers(count, size=int(rng.integers(0, 3))).tolist()


def _as_added(d: Document, rng: np.random.Generator) -> None:
    """Call the last half-space an inequality that was added, or say the same of it with its symmetry left out."""
    d["added"].insert(0, [len(d["problem"]["inequalities"]) - len(d["added"]) - 1, "a ball"])
    if rng.random() < 0.5:
        d["symmetry"]["elements"].pop()


def _other_version(d: Document, rng: np.random.Generator) -> None:
    d["version"] = int(rng.choice([2, 3, 5]))


def _new_centre(d: Document, rng: np.random.Generator) -> None:
    """Move the centre, and the half-spaces with it."""
    d["symmetry"]["centre"] = [
        str(Fraction(c) + Fraction(int(rng.integers(-3, 4)), 8)) for c in d["symmetry"]["centre"]
    ]
    _follow(d)


def _new_middles(d: Document, rng: np.random.Generator) -> None:
    """Move the middles, and the half-spaces with them."""
    _number_at("symmetry", "middles")(d, rng)
    _follow(d)


def _follow(d: Document) -> None:
    for number, terms in enumerate(_half_spaces(d), _first_half(d)):
        d["problem"]["inequalities"][number] = _written(terms)


def _other_signs(d: Document, rng: np.random.Generator) -> None:
    """Turn the objective upside down, or a constraint."""
    problem = d["problem"]
    own = problem["maximize" if "maximize" in problem else "minimize"]
    row = _some([own, *problem["inequalities"], *problem["equalities"]], rng)
    row[:] = [[str(-Fraction(c)), e] for c, e in row]


def _exchanged_variables(d: Document, rng: np.random.Generator) -> None:
    """Exchange two variables in one polynomial."""
    problem, n = d["problem"], len(d["problem"]["variables"])
    own = problem["maximize" if "maximize" in problem else "minimize"]
    row, (i, j) = _some([own, *problem["inequalities"], *problem["equalities"]], rng), rng.integers(n, size=2)
    for _, e in row:
        e[i], e[j] = e[j], e[i]


CHANGES: dict[str, Callable[[Document, np.random.Generator], None]] = {
    "a sign of an element": _flip,
    "two images of an element": _swap_images,
    "another element": _random_element,
    "another element and its half-space": lambda d, rng: _random_element(d, rng, follow=True),
    "a stretched element": _stretch,
    "an image twice": _repeat_image,
    "an element less": _drop_element,
    "a constraint as a half-space": _claim_more,
    "a half-space less": _drop_half_space,
    "half-spaces exchanged": _swap_halves,
    "a multiple of a half-space": _scaled_half,
    "a half-space shifted": _shifted_half,
    "the centre": _number_at("symmetry", "centre"),
    "the middles": _number_at("symmetry", "middles"),
    "the centre and the half-spaces": _new_centre,
    "the middles and the half-spaces": _new_middles,
    "the objective": _nudged_objective,
    "a constraint": _nudged_constraint,
    "signs": _other_signs,
    "variables exchanged": _exchanged_variables,
    "the bound": _bound,
    "a Gram matrix": _number_at("blocks", "gram"),
    "a combination": _number_at("blocks", "combination"),
    "a multiplier": _number_at("multipliers", "coefficients"),
    "a block less": _drop_block,
    "the factors of a block": _other_factor,
    "the shift": _number_at("change", "shift"),
    "the change of variables": _number_at("change", "matrix"),
    "the point": _number_at("point"),
    "a half-space as added": _as_added,
    "the version": _other_version,
}


# -- parts of files ----------------------------------------------------------------------------------------


def accepted(document: Document) -> bool:
    """Whether the verifier takes a file; digests and statements are not what is attacked."""
    try:
        check(document, 30.0)
        if "symmetry" in document:
            check_half_spaces(document, 30.0)
    except ValueError:
        return False
    return True


def _half_spaces(d: Document) -> list[Any]:
    middles, centre = (list(map(Fraction, d["symmetry"][key])) for key in ("middles", "centre"))
    return [half_space(element, middles, centre) for element in d["symmetry"]["elements"]]


def _first_half(d: Document) -> int:
    return len(d["problem"]["inequalities"]) - len(d["added"]) - len(d["symmetry"]["elements"])


def _a_half(d: Document, rng: np.random.Generator) -> int:
    return _first_half(d) + int(rng.integers(len(d["symmetry"]["elements"])))


def _written(terms: Terms) -> list[Any]:
    return [[str(c), list(e)] for e, c in terms.items() if c]


def _texts(rows: Any) -> list[list[str]]:
    return [[str(v) for v in row] for row in rows]


def _some(listed: Any, rng: np.random.Generator) -> Any:
    return listed[int(rng.integers(len(listed)))]


def _tiny(rng: np.random.Generator) -> Fraction:
    return Fraction(int(rng.choice([-1, 1])), 10 ** int(rng.integers(3, 60)))


def _rational(rng: np.random.Generator, size: int = 4) -> Fraction:
    return Fraction(int(rng.integers(-size, size + 1)), int(rng.integers(1, 6)))
