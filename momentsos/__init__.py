"""Global optimisation with polynomials by the Moment-SOS hierarchy.

Public are the names in `__all__`, some of them modules, and of those modules the names in their own `__all__`.
"""

from . import certificates, extraction, learning, polynomials, relaxations, sdp, solvers
from .certificates import Certificate, CertificateError
from .errors import (
    BadOption,
    InvalidInput,
    MomentSOSError,
    OrderTooLow,
    ProblemTooLarge,
    SolverFailed,
    SolverUnavailable,
)
from .hierarchy.result import Result
from .hierarchy.solve import relax, solve
from .hierarchy.status import Status
from .learning import Formulation, PolynomialNetwork, formulate
from .learning.learn import Fit, learn
from .machine.caches import caches, clear_caches
from .polynomials import Polynomial, variables
from .problem import Problem
from .sdp import read_sdpa
from .solvers import available_solvers

__version__ = "0.2.0"

__all__ = [
    "BadOption",
    "Certificate",
    "CertificateError",
    "Fit",
    "Formulation",
    "InvalidInput",
    "MomentSOSError",
    "OrderTooLow",
    "Polynomial",
    "PolynomialNetwork",
    "Problem",
    "ProblemTooLarge",
    "Result",
    "SolverFailed",
    "SolverUnavailable",
    "Status",
    "available_solvers",
    "caches",
    "certificates",
    "clear_caches",
    "extraction",
    "formulate",
    "learn",
    "learning",
    "polynomials",
    "read_sdpa",
    "relax",
    "relaxations",
    "sdp",
    "solve",
    "solvers",
    "variables",
]
