"""Every constant of the method, each once: the driver, both cores and what comes before them take them from here.

Compiled code is handed those that it needs. What is left beside the code: the counts in the formulas of the cost model,
which are derived there, and in compiled code the sizes of loops and vectors, which change how quickly a number is found
and not what it is.
"""

from __future__ import annotations

# Options and limits ----------------------------------------------------------------------------------------------

#: Largest share of the way to the boundary of the cone that a step takes.
STEP_FRACTION = 0.999
#: Most corrections of a direction by its own residual.
REFINEMENTS = 6
#: Most corrections of a direction by second-order terms after Mehrotra's.
CORRECTORS = 2
#: Worst relative residual up to which a run that stalls is called inaccurate instead of failed.
ACCEPTABLE = 1e-4
#: Most iterations where none are asked for.
MOST_ITERATIONS = 100
#: No program is solved in fewer iterations: where these take longer than there is time, none is begun.
FEWEST_ITERATIONS = 5
#: Iterations that hard programs take, for an estimate of the time of a solve.
LIKELY_ITERATIONS = 40
#: Worst residual that answers are expected to have.
ACCURACY = 1e-9
#: Residuals in the units of the program above this, and above the tolerance, are not those of an optimum.
DOUBTFUL = 1e-6

# The path --------------------------------------------------------------------------------------------------------

#: A run ends where its best point is below this share of the tolerance; above it, one more iteration is worth its time.
ENOUGH = 0.1
#: A point is better than the best one where its worst residual is below this share of that one's.
BETTER = 0.9
#: The same once the digits are used up: see the next.
MUCH_BETTER = 0.5
#: Below this residual the digits are used up when the Schur complement is singular up to rounding.
VERY_GOOD = 1e-9
#: As how many an iteration without a better point counts then.
HASTE = 3
#: Iterations without a better point after which a run ends whose best point is good.
PATIENCE = 12
#: The same for a run whose best point is not.
LONG_PATIENCE = 30
#: The residual from which on a point is good.
GOOD = 1e-6
#: The share of the tolerance that a gap has where the complementarity is low enough: to go lower only costs digits.
NEGLIGIBLE_GAP = 0.01
#: Smallest pivot of the equilibrated Schur complement up to which it serves to repair later directions.
WELL_CONDITIONED = 1e-9
#: Smallest pivot below which the factor is taken from the square root instead, where that is cheap.
ILL_CONDITIONED = 1e-11

# A step ----------------------------------------------------------------------------------------------------------

#: A length beyond which no step is looked for: shares of it are whole steps.
FURTHEST = 1.25
#: The power of what the predictor leaves that the corrector aims at, as a share of `μ`.
CENTRING_POWER = 3
#: From this length on one further corrector is enough.
LONG_STEP = 0.97
#: The length below which another direction is tried, without second-order terms.
SHORT_STEP = 0.2
#: The least share of `μ` that this one aims at.
PLAIN_CENTRING = 0.5
#: A step goes to the first share of the way to the boundary, and by the second more where the predictor reaches it.
CAUTION = (0.9, 0.1)
#: What a step is shortened by where its end is not in the interior.
SHORTENING = 0.7
#: The shortest step that is taken.
SHORTEST_STEP = 1e-5
#: Share of the tolerance that a refined direction may leave of the dual equation.
REFINED = 1e-2
#: Share of what the dual equation lacks at the iterate that it may leave.
REFINED_SHARE = 1e-3
#: What a correction has to leave at most, lest the next one be made in the metric of the anchor.
REFINING = 0.3
#: Relative precision to which eigenvalues that bound a step are found, from below.
EIGENVALUE_PRECISION = 1e-4
#: Largest blocks whose eigenvalues are left to compiled code in NumPy's core; LAPACK has blocked code for larger ones.
LARGEST_COMPILED_BLOCK = 500

# Rays ------------------------------------------------------------------------------------------------------------

#: Gain over violation from which a candidate is worth a check.
PROMISING = 1e3
#: Share of its terms that a gain must exceed, lest it be their rounding.
GAIN_ROUNDING = 1e-9
#: Violation, with the gain scaled to 1, up to which a ray is believed in the scaled program as well: a check in units
#: of the program alone takes a badly scaled optimum far away for a ray.
VIOLATION = 1e-8
#: Without a ray the objective may still fall without end along directions that come ever closer to the cone. That is
#: believed when the fall is beyond this.
FAR = 1e4
#: And the violation below this share of the largest entry.
WEAK_VIOLATION = 1e-9
#: How often the dual blocks of a candidate are projected onto the equations.
RAY_REPAIRS = 2

# The first point -------------------------------------------------------------------------------------------------

#: Factor on the multiples of the unit that slacks and Gram matrices start from.
START_SCALE = 1.0
#: Least multiple of the unit for slacks.
LEAST_SLACK = 1.0
#: Least multiple of the unit for Gram matrices.
LEAST_GRAM = 0.1
#: The largest multiple that means anything.
LARGEST_START = 1e6
#: Shares of an earlier answer that a warm start tries in turn.
WARM_SHARES = (0.99, 0.9, 0.5)

# Factors of the Schur complement ---------------------------------------------------------------------------------

#: The first share of the diagonal that is added to a dense matrix that has no factor.
FIRST_SHIFT = 1e-16
#: What it grows by.
SHIFT_GROWTH = 1e2
#: The most that is added; the diagonal of a sparse matrix is raised no more, and its pivots are no more negative.
LAST_SHIFT = 1e-6
#: Pivots of a sparse matrix below this share of the diagonal are raised.
SMALL_PIVOT = 1e-14
#: The least share of the diagonal that they are raised to, or by.
RAISED_PIVOT = 1e-13
#: What that grows by where a factor is found by trial.
RAISED_GROWTH = 10.0
#: A column of the square root whose part orthogonal to those before it is below this share is a combination of them.
DEPENDENT_COLUMN = 1e-14
#: Most numbers in the dense data of all blocks for a square root in NumPy.
LARGEST_ROOT = 6_000_000
#: Most multiplications of its factorisation, a tenth of a second.
LONGEST_ROOT = 1_000_000_000
#: Most numbers of a square root in compiled code.
LARGEST_COMPILED_ROOT = 2_000_000
#: Ratio of eigenvalues below which their square roots are taken from the singular values.
BALANCE_SPREAD = 1e-10

# Scaling ---------------------------------------------------------------------------------------------------------

#: Ratio of the entries of a row above which the scale of the variables is looked for.
BADLY_SCALED = 1e3
#: The share of its smallest entries that do not count.
SMALL_SHARE = 0.1
#: How often blocks and moments are divided by the roots of their largest entries.
SWEEPS = 4
#: Distance from a tie up to which a power of 2 is rounded by its logarithm, as in NumPy.
TIE = 1e-12
#: Most numbers of a matrix for which the least-squares problem for logarithms is solved by a factorisation.
LARGEST_LOGARITHMS = 1_500_000
#: Share of the largest diagonal entry that is added to all there, for the equations do not determine everything.
RAISED_LOGARITHMS = 1e-6
#: Most iterations for a larger one.
LOGARITHM_ITERATIONS = 60
#: Their tolerance.
LOGARITHM_TOLERANCE = 1e-3

# Equalities ------------------------------------------------------------------------------------------------------

#: Pivots below this share of the largest are zero.
RANK_TOLERANCE = 1e-12
#: A right side beyond the rows of the pivots by more than this contradicts them.
CONSISTENCY_TOLERANCE = 1e-9
#: A diagonal entry of the reduced Schur complement below this share of what it was before is rounding.
CANCELLATION = 1e-13
#: A number below this share of its terms is their rounding.
SOLUTION_ROUNDING = 4e-15
#: If it is also below this share of its column.
SOLUTION_NOISE = 1e-12
#: A cost of a free moment below this share of its terms is their rounding.
COST_NOISE = 1e-14
#: Share of the largest coefficient of an equality that one must have to be a pivot.
PIVOT_THRESHOLD = 0.1
#: Most numbers of a component that is solved as a dense matrix, if equalities are to count as local.
LARGEST_COMPONENT = 2_000_000
#: Equalities times moments up to which a dense factorisation is quicker than looking for anything.
FEW_EQUALITIES = 20_000
#: The same with compiled substitution.
FEW_EQUALITIES_COMPILED = 4_000
#: Up to the former, pivots found locally are taken where no free moment enters one with a larger factor than this.
HARMLESS = 1.0 + 1e-12
#: With local equalities put in, blocks may have this many times their non-zeros.
FULLER = 2
#: An entry of such a block below this share of its terms is their rounding.
LOCAL_ROUNDING = 1e-14
#: The same with equalities that are not local.
FULL_ROUNDING = 1e-15
#: Most numbers of the rows in compiled code with equalities that are not local.
LARGEST_ROWS = 4_000_000

# Moments that depend on others -----------------------------------------------------------------------------------

#: Moments are candidates where a pivot is below this share of the diagonal.
SUSPICIOUS = 1e-13
#: By this share of it a sparse matrix is raised to find them.
SUSPICION_RAISED = 0.1
#: They are dependent where what is left of their column is at most this.
EFFECT_LEFT = 1e-11
#: Share of the cost that a direction without effect must have to count as a change of the objective.
COST_SHARE = 1e-9

# Entries of blocks -----------------------------------------------------------------------------------------------

#: Relative difference up to which two entries are multiples of each other, or two coefficient vectors the same.
SAME = 1e-12
#: Relative difference of hashes up to which coefficient vectors are compared.
ALIKE = 1e-9
#: Flat entries times moments up to which it is not worth looking for anything but symmetry.
NOT_FOLDED = 10_000
#: Share of non-zeros from which on a matrix of numbers is kept dense.
FULL_ENOUGH = 0.02
#: Most numbers of a dense operator over flat entries that is worth having.
LARGEST_OPERATOR = 40_000
#: The same over the different entries.
LARGEST_FOLDED_OPERATOR = 200_000
#: A block is looked for inside others where one of its vertices is in this many of them or fewer.
FEW_CLIQUES = 64

# Cost ------------------------------------------------------------------------------------------------------------

#: Multiplications a second on one core: of symmetric products.
SYMMETRIC = 2e10
#: Of batches of small products.
BATCHED = 7e9
#: Of sparse products.
SPARSE = 8e8
#: Seconds a NumPy call takes whatever its size.
CALL = 1.5e-5
#: Calls in an iteration.
CALLS = 200
#: Numbers a second that a triangular solve reads.
STREAMED = 1e9
#: Solves in an iteration.
SOLVES = 7
#: What else is done with a block (factors, inverses, eigenvalues, products): multiplications, in cubes of its size.
CUBES = 60
#: And seconds in squares of it, for LAPACK is slow on small matrices.
SQUARES = 1e-6
#: Multiplications of a congruence that makes two blocks diagonal, in cubes of their size.
BALANCE_CUBES = 30
#: Multiplications a second of a sparse factorisation.
FACTORED = 1.5e9
#: Seconds to put a number in its place.
PLACED = 1e-8
#: Seconds to add a number of a local product to its place.
ADDED = 4e-9
#: The fewest unknowns for which a sparse factorisation is considered, or the other side.
FEWEST_UNKNOWNS = 100
#: Share of the time of one tall product that local ones have to save.
LOCAL_SHARE = 0.8
#: Seconds an iteration below which a group is stacked without looking further.
NOT_WORTH_A_CHOICE = 1e-3
#: Decimals to which entries of blocks are compared to count different ones.
HASH_DIGITS = 10
#: How many times the least time an iteration has to take for the other side to be looked at.
WORTH_A_LOOK = 2
#: Share of the time that the Gram matrices have to take for that side to be taken.
OTHER_SIDE = 0.5
#: Most numbers in one work array.
CHUNK = 4_000_000
#: Most numbers of a group of blocks of size 1 that is kept dense.
LARGEST_LINEAR = 20_000_000
#: Most coefficients of blocks by entries in which common shifts are looked for.
LARGEST_COEFFICIENTS = 16_000_000
#: Most products of pairs of shifts with the entries of blocks.
LARGEST_SHARED = 40_000_000
#: Most products of entries that common shifts are worth laying out for.
LARGEST_SELECTION = 8_000_000
#: Numbers kept whatever the size of the program.
ALWAYS_KEPT = 2_000_000
#: The compiled iteration: seconds whatever the size, set-up included.
COMPILED_SET_UP = 1e-4
#: Its multiplications a second on blocks.
COMPILED_BLOCKS = 4.6e9
#: And of the factorisation.
COMPILED_FACTORS = 1.1e10
#: Non-zeros of the blocks that it sees a second.
COMPILED_ENTRIES = 7e7
#: Numbers that it keeps for each entry of the blocks: 28 vectors, in which three blocks at worst take the room of
#: eight.
COMPILED_VECTORS = 75

# Which programs are for the dense compiled iteration -------------------------------------------------------------

#: Most unknowns.
MOST_UNKNOWNS = 1200
#: Most entries of a triangle.
TALLEST = 4000
#: Most multiplications for a Schur complement; with more, BLAS is quicker in NumPy.
LONGEST = 150_000_000
#: Moments up to which a program is worth no look at its zeros.
ALWAYS_DENSE = 150

# What is kept and counted ----------------------------------------------------------------------------------------

#: Layouts of blocks that are kept for the next program with blocks of the same sizes.
LAYOUTS = 16
#: Most entries of blocks whose layout is kept.
LARGEST_LAYOUT = 50_000
#: Most non-zeros that compiled code counts.
COUNTED = 2**31 - 1

# Digits ----------------------------------------------------------------------------------------------------------

#: Most digits.
MOST_DIGITS = 1000
#: Most entries of blocks over the moments, half a minute of work at twenty digits.
LARGEST_EXACT = 1_000_000
#: Most iterations.
DIGIT_ITERATIONS = 80
#: Iterations without a much better answer after which the digits are used up.
DIGIT_PATIENCE = 8
#: How many times the digits asked for the arithmetic has.
DIGIT_FACTOR = 4
#: Bits of a digit.
BITS_OF_A_DIGIT = 3.33
#: Bits kept beyond that.
GUARD_BITS = 64
#: The power of ten, in digits asked for, of what is added to a singular matrix.
DIGIT_SHIFT = 3
#: The reach of a predictor up to which a corrector aims at least at the first of the next two.
DIGIT_REACH = 0.9
#: The least shares of the complementarity that are aimed at.
DIGIT_CENTRING = (1e-3, 1e-6)
#: As `CAUTION`.
DIGIT_CAUTION = (0.9, 0.09)
#: The shortest step.
DIGIT_SHORTEST = 1e-6
