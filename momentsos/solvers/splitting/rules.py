"""The numbers that rule the iteration, each with what it was measured on: signs, spheres, balls and boxes, R^n."""

from __future__ import annotations

#: Iterations where none are named.
MOST_ITERATIONS = 20_000
#: Over-relaxation of the step; 1.5 to 1.8 differ little, 1 takes about half as many steps more.
RELAXATION = 1.7
#: The penalty is moved to this many times `|X| / |S|`: without and with localizing blocks.
BALANCE_ALONE, BALANCE_LOCALIZING = 2.0, 0.1
#: It is moved after these steps, then every 20 up to 200, then every 100.
EARLY_REBALANCING = (3, 6, 10, 15)
#: It is left where the ratio is nearer to one, and moved by at most this factor at once.
WELL_BALANCED, LARGEST_MOVE = 1.5, 10.0
#: Steps that acceleration remembers, how often it takes one, and the share of the trace that regularises its equations.
MEMORY, ACCELERATE_EVERY, REGULARISED = 15, 5, 1e-10
#: An accelerated step is taken back where the residual grew by this factor.
TAKEN_BACK = 2.0
#: Blocks from this size on are projected one by one, with few eigenvalues where one side of the spectrum is short.
LARGE_BLOCK, SHORT_SIDE = 80, 0.12
#: Steps between two looks at the bound; a look costs an eigenvalue of each block.
LOOK_EVERY = 25
#: Relative gap and residuals that are asked for at most: a first-order method does not reach what an interior-point
#: method does.
BEST_TOLERANCE = 1e-7
#: What lifting the dual blocks may cost, as a share of the gap that is asked for.
LIFT_SHARE = 0.3
#: Alternating projections at most when a direction into the interior of the dual cone is sought, and how far inside.
INTERIOR_ROUNDS, INTERIOR = 40, 0.05
#: A run has stalled where so many steps have not lowered gap or residuals to this share.
STALL_STEPS, STALL_FACTOR = 600, 0.7
#: Objectives smaller than this share of the cost's length are measured by it.
LEAST_SIZE = 1e-3
#: Normal matrices with a larger share of non-zeros are factored as dense ones, up to so many unknowns.
DENSE_SHARE, MOST_DENSE = 0.1, 6_000
#: Bytes that are taken whatever the program.
ALWAYS = 2**24
#: Alternating projections go on beyond the first only up to so many rows of blocks.
SMALL_ROWS = 100_000
#: Residuals, recomputed in the program's units, above which an answer is not called optimal, and not even inaccurate.
DOUBTFUL, ACCEPTABLE = 1e-5, 1e-2
#: What is remembered is dropped where the residual is above this share of that of the last combination: without it
#: runs stay where they are for hundreds of steps.
WORTH_IT = 0.98
#: Steps after which moments are looked at for better points, and again whenever their number has doubled.
FIRST_SEARCH = 50
