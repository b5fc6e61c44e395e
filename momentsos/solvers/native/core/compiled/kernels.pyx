"""The compiled core of the native solver, one module: the iteration, and what is slow before it.

The parts are included, so that they are compiled together: a class of the iteration builds on the one before it, and
what is small is put into the loops that use it. Their twins in Python, where the formulas and sources are, have the
same names in `momentsos.solvers.native.core.numpy`, `momentsos.solvers.native.factors` and
`momentsos.solvers.native.prepare`.
"""

import numpy as np

from libc.math cimport exp2, fabs, frexp, isfinite, ldexp, log2, rint, sqrt
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free, malloc, qsort, realloc
from libc.string cimport memcmp, memcpy, memset
from scipy.linalg.cython_blas cimport dgemm, dgemv, dsyrk, dtrmm, dtrsm, dtrsv
from scipy.linalg.cython_lapack cimport dgeqrf, dlauum, dpotrf, dpstrf, dtrtri

include "vectors.pxi"
include "rules.pxi"
include "workspace.pxi"
include "blocks.pxi"
include "layout.pxi"
include "operator.pxi"
include "terms.pxi"
include "sparse_factor.pxi"
include "square_root.pxi"
include "schur.pxi"
include "start.pxi"
include "direction.pxi"
include "iteration.pxi"
include "rows.pxi"
include "folding.pxi"
include "prepare/scaling.pxi"
include "prepare/logarithms.pxi"
include "prepare/substitution.pxi"
include "prepare/quotient.pxi"
include "prepare/ordering.pxi"
include "prepare/dependence.pxi"
