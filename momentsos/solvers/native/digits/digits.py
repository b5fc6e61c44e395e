r"""The last digits: the iteration of `momentsos.solvers.native.path` continued with more digits than floats have.

From the answer in floating-point arithmetic on, infeasible predictor-corrector steps in the HKM direction, all of
them in the arithmetic of Arb (Johansson, IEEE Trans. Comput. 66, 2017) on the exact data of the program; only step
lengths come from floats. The Schur complement, whose condition number grows like the square of that of the answer,
is solved with four times the digits asked for. Nothing is claimed but residuals that are recomputed in that arithmetic.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from ....errors import ProblemTooLarge
from ....sdp import SDP, svec_index
from ....sdp.svec import svec_weights
from .. import rules
from ..core.iterate import Iterate
from ..prepare.scaled import Scaled
from .exact import Exact, ExactProgram, array, exactly, make_exact, matrix, weighted


@dataclass(frozen=True, eq=False)
class Refined:
    r"""An answer with many digits, and its residuals in that arithmetic.

    Attributes
    ----------
    moments, equality_duals : tuples of Fraction
    gram : tuple of Fraction
        The upper triangles of the dual blocks, column by column, without the √2 of an svec.
    primal_objective, dual_objective : Fraction
    equality, primal_cone, dual, dual_cone, gap : float
        As in `momentsos.sdp.Residuals`. That of the dual cone is 0, as its blocks stay definite; that of the primal
        one is 0 when all pivots of :math:`F(y)` are positive, and else a bound, its distance from a definite point.
    iterations : int
    """

    moments: tuple[Fraction, ...]
    equality_duals: tuple[Fraction, ...]
    gram: tuple[Fraction, ...]
    primal_objective: Fraction
    dual_objective: Fraction
    equality: float
    primal_cone: float
    dual: float
    dual_cone: float
    gap: float
    iterations: int

    def rounded(self, sdp: SDP) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return moments, multipliers and the svec of the dual blocks as floats."""
        parts = [np.array([float(value) for value in part]) for part in (self.moments, self.equality_duals, self.gram)]
        weights = np.concatenate([svec_weights(size) for size in sdp.sizes]) if sdp.sizes else np.zeros(0)
        return parts[0], parts[1], parts[2] * weights

    @property
    def worst(self) -> float:
        """The largest of the residuals."""
        return max(self.equality, self.primal_cone, self.dual, self.dual_cone, self.gap)


def refuse_if_too_many_digits(sdp: SDP) -> None:
    """Raise `ProblemTooLarge` when a program is not small enough for extended arithmetic."""
    entries = sdp.operator.shape[0] * sdp.n_moments
    if entries > rules.LARGEST_EXACT:
        raise ProblemTooLarge(
            f"native option digits: {sdp.n_moments} moments and {sdp.operator.shape[0]} entries of blocks are beyond "
            f"{rules.LARGEST_EXACT} in product; solve without it, or a lower order",
            8 * entries,
            8 * rules.LARGEST_EXACT,
        )


def refine(program: Scaled, point: Iterate, digits: int, deadline: float) -> Refined:
    """Continue from an answer until gap and residuals are below ``10^-digits``, or until that stops helping.

    Moments that depend on others only up to the rounding of the data let the exact program drift off along them.
    Then they are left out, and what they leave of the dual equation, about 1e-17, is what can be reached.
    """
    with ctx.workprec(int(rules.DIGIT_FACTOR * digits * rules.BITS_OF_A_DIGIT) + rules.GUARD_BITS):
        best = _followed(_State(program, point, digits, True), digits, deadline)
        if best.worst > 10.0**-digits and program.elimination.kept is not None:
            other = _followed(_State(program, point, digits, False), digits, deadline)
            best = min(best, other, key=lambda refined: refined.worst)
        return best


def _followed(state: _State, digits: int, deadline: float) -> Refined:
    """Advance while that makes the worst residual smaller; return the best answer."""
    best, since = state.refined(0), 0
    for iteration in range(1, rules.DIGIT_ITERATIONS + 1):
        enough = best.worst <= 10.0**-digits or since > rules.DIGIT_PATIENCE or time.perf_counter() > deadline
        if enough or not state.advance():
            break
        now = state.refined(iteration)
        since = 0 if now.worst < rules.MUCH_BETTER * best.worst else since + 1
        best = now if now.worst < best.worst else best
    return best


def _cholesky(block: Exact) -> Exact | None:
    """Return the inverse of the Cholesky factor, or None when the block is not positive definite."""
    size = len(block)
    lower = exactly(np.zeros((size, size)))
    for j in range(size):
        pivot = (block[j, j] - sum((lower[j, :j] * lower[j, :j]).tolist(), arb(0))).mid()
        if not pivot > 0:
            return None
        lower[j, j] = pivot.sqrt().mid()
        for i in range(j + 1, size):
            entry = block[i, j] - sum((lower[i, :j] * lower[j, :j]).tolist(), arb(0))
            lower[i, j] = (entry / lower[j, j]).mid()
    inverse = exactly(np.zeros((size, size)))
    for j in range(size):
        inverse[j, j] = (1 / lower[j, j]).mid()
        for i in range(j + 1, size):
            inverse[i, j] = (-sum((lower[i, j:i] * inverse[j:i, j]).tolist(), arb(0)) / lower[i, i]).mid()
    return inverse


class _Blocks:
    """Cuts rows of upper triangles into symmetric blocks and back."""

    def __init__(self, sdp: SDP) -> None:
        self.spans = [slice(*sdp.offsets[j : j + 2]) for j in range(len(sdp.sizes))]
        self.sizes = sdp.sizes

    def cut(self, rows: arb_mat) -> list[Exact]:
        values, found = array(rows)[:, 0], []
        for span, size in zip(self.spans, self.sizes, strict=True):
            row, column = svec_index(size)
            block = np.empty((size, size), dtype=object)
            block[row, column] = block[column, row] = values[span]
            found.append(block)
        return found

    def join(self, blocks: list[Exact]) -> arb_mat:
        """Return the upper triangles of the symmetric parts."""
        parts = []
        for block in blocks:
            row, column = svec_index(len(block))
            parts.append((block[row, column] + block[column, row]) / 2)
        return matrix(np.concatenate(parts)[:, None])


def _product(*factors: Exact) -> Exact:
    result = matrix(factors[0])
    for factor in factors[1:]:
        result = result * matrix(factor)
    return array(result)


def _schur_map(gram: Exact, inverse: Exact) -> Exact:
    """Return the matrix of `M ↦ sym(X M S⁻¹)` on upper triangles."""
    i, k = svec_index(len(gram))

    def part(left: Any, right: Any) -> Exact:
        return gram[np.ix_(left, i)] * inverse[np.ix_(right, k)] + gram[np.ix_(left, k)] * inverse[np.ix_(right, i)]

    return (part(i, k) + part(k, i)) * exactly(np.where(i == k, 0.25, 0.5))


class _State:
    """An iterate in extended arithmetic; `advance` moves it."""

    def __init__(self, program: Scaled, point: Iterate, digits: int, with_dependent: bool) -> None:
        self.exact: ExactProgram = make_exact(program, with_dependent)
        self.blocks = _Blocks(program.sdp)
        sdp, tau = program.sdp, point.tau
        weights = np.concatenate([np.where(np.equal(*svec_index(s)), 1.0, 2**-0.5) for s in sdp.sizes])
        gram = program.gram(point.gram / tau) * weights
        slack = program.cone.svec_from_flat(point.slack / tau) / program.scaling.rows * program.moment_unit * weights
        moments = program.moments(point.free / tau, 1.0)
        self.z = matrix(exactly(moments[self.exact.free])[:, None])
        self.gram = self.blocks.cut(matrix(exactly(gram)[:, None]))
        self.slack = self.blocks.cut(matrix(exactly(slack)[:, None]))
        self.adjoint = weighted(sdp, self.exact.rows)
        self.tiny = arb(10) ** (-rules.DIGIT_SHIFT * digits)

    def _mu(self) -> arb:
        """Return the mean of the products of eigenvalues."""
        total = sum(((x * s).sum() for x, s in zip(self.gram, self.slack, strict=True)), arb(0))
        return (total / sum(self.blocks.sizes)).mid()

    def advance(self) -> bool:
        """Take one step; return whether there was one."""
        grams, slacks = [_cholesky(x) for x in self.gram], [_cholesky(s) for s in self.slack]
        inner = [(g, s) for g, s in zip(grams, slacks, strict=True) if g is not None and s is not None]
        if len(inner) < len(grams):
            return False
        inverse = [_product(s.T, s) for _, s in inner]
        maps = [_schur_map(x, w) for x, w in zip(self.gram, inverse, strict=True)]
        dense = array(self.exact.reduced)
        moved = [_product(m, dense[span]) for m, span in zip(maps, self.blocks.spans, strict=True)]
        products = array(self.exact.transposed * matrix(np.concatenate(moved)))
        # Moments that depend on each other make it singular; what is added is far below what is asked for.
        places = np.arange(len(products))
        products[places, places] = products[places, places] * (1 + self.tiny)
        schur = matrix(products)
        missing = self.exact.reduced * self.z + self.exact.constant - self.blocks.join(self.slack)
        mu = self._mu()
        affine = self._direction(schur, maps, inverse, missing, arb(0), None)
        reach = min(1.0, self._length(inner, affine))
        far, near = rules.DIGIT_CENTRING
        centring = arb(max((1.0 - reach) ** rules.CENTRING_POWER, far if reach < rules.DIGIT_REACH else near))
        step = self._direction(schur, maps, inverse, missing, centring * mu, affine)
        first, more = rules.DIGIT_CAUTION
        length = min(1.0, (first + more * reach) * self._length(inner, step))
        if not length > rules.DIGIT_SHORTEST:
            return False
        share = arb(length)
        self.z = (self.z + share * step[0]).mid()
        self.slack = [s + share * d for s, d in zip(self.slack, step[1], strict=True)]
        self.gram = [x + share * d for x, d in zip(self.gram, step[2], strict=True)]
        return True

    def _direction(
        self, schur: arb_mat, maps: list[Exact], inverse: list[Exact], missing: arb_mat, target: arb, affine: Any
    ) -> tuple[arb_mat, list[Exact], list[Exact]]:
        """Return the direction that removes all residuals and aims at `target`."""
        gaps = self.blocks.cut(missing)
        aims = []
        for j, (gram, back) in enumerate(zip(self.gram, inverse, strict=True)):
            aim = target * back - gram - _product(gram, gaps[j], back)
            if affine is not None:
                aim = aim - _product(affine[2][j], affine[1][j], back)
            aims.append(aim)
        aim = self.blocks.join(aims)
        lacking = self.exact.transposed * (aim + self.blocks.join(self.gram)) - self.exact.gradient
        z = schur.solve(lacking.mid(), algorithm="approx").mid()
        change = self.exact.reduced * z
        slack = self.blocks.cut(change + missing)
        images = [_product(m, array(change)[span]) for m, span in zip(maps, self.blocks.spans, strict=True)]
        return z, slack, self.blocks.cut(aim - matrix(np.concatenate(images)))

    def _length(self, roots: list[tuple[Exact, Exact]], step: tuple[arb_mat, list[Exact], list[Exact]]) -> float:
        """Return the largest step that stays in the cone, from the eigenvalues of scaled directions in floats."""
        lowest = 0.0
        for (gram_root, slack_root), slack, gram in zip(roots, step[1], step[2], strict=True):
            for root, change in ((slack_root, slack), (gram_root, gram)):
                scaled = _product(root, change, root.T).astype(float)
                lowest = min(lowest, float(np.linalg.eigvalsh(scaled)[0]))
        return -1.0 / lowest if lowest < 0 else np.inf

    def refined(self, iterations: int) -> Refined:
        """Return the answer with residuals recomputed from the data of the program."""
        exact, sdp = self.exact, self.exact.sdp
        y, gram = exact.moments(self.z), self.blocks.join(self.gram)
        multipliers = exact.multipliers(gram)
        cost, right = exactly(sdp.cost), exactly(sdp.right_side)
        equalities = exactly(sdp.equalities.toarray())
        primal, dual = (cost * y).sum(), (right * multipliers).sum() if right.size else arb(0)
        lacking = cost - array(self.adjoint * gram)[:, 0]
        if right.size:
            lacking = lacking - _product(equalities.T, multipliers[:, None])[:, 0]
        violated = _product(equalities, y[:, None])[:, 0] - right if right.size else right
        blocks = self.blocks.cut(exact.rows * matrix(y[:, None]))
        inside = all(_cholesky(block) is not None for block in blocks)
        apart = max(_norm(block - slack) for block, slack in zip(blocks, self.slack, strict=True))
        gap = abs(primal - dual) / (1 + abs(primal) + abs(dual))
        return Refined(
            moments=_fractions(y),
            equality_duals=_fractions(multipliers),
            gram=_fractions(array(gram)[:, 0]),
            primal_objective=_fraction(primal),
            dual_objective=_fraction(dual),
            equality=_largest(violated) / (1.0 + float(np.abs(sdp.right_side).max(initial=0.0))),
            primal_cone=0.0 if inside else apart / (1.0 + max(map(_norm, self.slack))),
            dual=_largest(lacking) / (1.0 + float(np.abs(sdp.cost).max(initial=0.0))),
            dual_cone=0.0,
            gap=float(gap.mid()),
            iterations=iterations,
        )


def _norm(block: Exact) -> float:
    return float((block * block).sum().mid().sqrt())


def _largest(values: Exact) -> float:
    return max((abs(float(value.mid())) for value in values), default=0.0)


def _fraction(value: arb) -> Fraction:
    mantissa, exponent = (int(part) for part in value.mid().man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


def _fractions(values: Exact) -> tuple[Fraction, ...]:
    return tuple(_fraction(value) for value in values)
