"""Global optimisation with polynomials by the Moment-SOS hierarchy."""

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
from .polynomials import Polynomial, variables
from .problem import Problem
from .sdp import read_sdpa
from .solvers import available_solvers

__version__ = "0.1.0"

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
    "formulate",
    "learn",
    "read_sdpa",
    "relax",
    "solve",
    "variables",
]
