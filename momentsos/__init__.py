"""Global optimisation with polynomials by the Moment-SOS hierarchy.

Public are the names in `__all__`, some of them modules, and of those modules the names in their own `__all__`.
Importing the package costs next to nothing: the room of a name is imported when the name is first used.
"""

from __future__ import annotations

from .hierarchy.hooks import EVERYWHERE, PAINTER, PROVER, TREE_CHECKER

TYPE_CHECKING = False  # as in `typing`, which is not imported for it
if TYPE_CHECKING:
    from typing import Any

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
    from .estimators import PolynomialActivationClassifier, PolynomialActivationRegressor
    from .hermitian import ComplexProblem, ComplexResult
    from .hierarchy.result import Result
    from .hierarchy.solve import relax, solve
    from .hierarchy.status import Status
    from .learning import Activation, Formulation, PolynomialNetwork, formulate
    from .learning.fit import Fit
    from .learning.learn import learn
    from .learning.outputs import OutputFit, learn_outputs
    from .learning.rational import RationalActivation, RationalFit, learn_rational
    from .learning.relu import QueryResult, ReluFit, relu_queries, relu_regression
    from .learning.shapes import Shape, ShapedFit, learn_shaped
    from .machine.caches import caches, clear_caches
    from .measures import Measure, MomentProblem, MomentResult
    from .models.polynomialize import Polynomialized, polynomialize
    from .models.report import ModelReport
    from .points.roots import RealRoots, real_roots
    from .polynomials import (
        ComplexPolynomial,
        Constraint,
        Polynomial,
        RationalSum,
        abs2,
        complex_variables,
        conj,
        equal,
        imag,
        ratio,
        real,
        variables,
    )
    from .problem import Problem
    from .programs import ProgramCertificate, SOSProgram, SOSResult, UnknownPolynomial, identity, sos, unknown
    from .research import moments, multipliers, orders, relax_in_cvxpy
    from .saving import load
    from .sdp import read_sdpa
    from .solvers import available_solvers
    from .sweeps import Failure, Sweep, learn_many, solve_many

__version__ = "0.2.0"

__all__ = [
    "Activation",
    "BadOption",
    "Certificate",
    "CertificateError",
    "ComplexPolynomial",
    "ComplexProblem",
    "ComplexResult",
    "Constraint",
    "Failure",
    "Fit",
    "Formulation",
    "InvalidInput",
    "Measure",
    "ModelReport",
    "MomentProblem",
    "MomentResult",
    "MomentSOSError",
    "OrderTooLow",
    "OutputFit",
    "Polynomial",
    "PolynomialActivationClassifier",
    "PolynomialActivationRegressor",
    "PolynomialNetwork",
    "Polynomialized",
    "Problem",
    "ProblemTooLarge",
    "ProgramCertificate",
    "QueryResult",
    "RationalActivation",
    "RationalFit",
    "RationalSum",
    "RealRoots",
    "ReluFit",
    "Result",
    "SOSProgram",
    "SOSResult",
    "Shape",
    "ShapedFit",
    "SolverFailed",
    "SolverUnavailable",
    "Status",
    "Sweep",
    "UnknownPolynomial",
    "abs2",
    "available_solvers",
    "caches",
    "certificates",
    "clear_caches",
    "complex_variables",
    "conj",
    "equal",
    "estimators",
    "extraction",
    "formulate",
    "hermitian",
    "identity",
    "imag",
    "learn",
    "learn_many",
    "learn_outputs",
    "learn_rational",
    "learn_shaped",
    "learning",
    "load",
    "measures",
    "models",
    "moments",
    "multipliers",
    "orders",
    "plots",
    "polynomialize",
    "polynomials",
    "programs",
    "ratio",
    "read_sdpa",
    "real",
    "real_roots",
    "relax",
    "relax_in_cvxpy",
    "relaxations",
    "relu_queries",
    "relu_regression",
    "research",
    "sdp",
    "solve",
    "solve_many",
    "solvers",
    "sos",
    "torch",
    "unknown",
    "variables",
]

#: Where the names are.
_HOMES = {
    "certificates": ("Certificate", "CertificateError"),
    "errors": (
        "BadOption",
        "InvalidInput",
        "MomentSOSError",
        "OrderTooLow",
        "ProblemTooLarge",
        "SolverFailed",
        "SolverUnavailable",
    ),
    "estimators": ("PolynomialActivationClassifier", "PolynomialActivationRegressor"),
    "hermitian": ("ComplexProblem", "ComplexResult"),
    "hierarchy.result": ("Result",),
    "hierarchy.solve": ("relax", "solve"),
    "hierarchy.status": ("Status",),
    "learning": ("Activation", "Formulation", "PolynomialNetwork", "formulate"),
    "learning.fit": ("Fit",),
    "learning.learn": ("learn",),
    "learning.outputs": ("OutputFit", "learn_outputs"),
    "learning.rational": ("RationalActivation", "RationalFit", "learn_rational"),
    "learning.relu": ("QueryResult", "ReluFit", "relu_queries", "relu_regression"),
    "learning.shapes": ("Shape", "ShapedFit", "learn_shaped"),
    "machine.caches": ("caches", "clear_caches"),
    "measures": ("Measure", "MomentProblem", "MomentResult"),
    "models.polynomialize": ("Polynomialized", "polynomialize"),
    "models.report": ("ModelReport",),
    "points.roots": ("RealRoots", "real_roots"),
    "polynomials": (
        "ComplexPolynomial",
        "Constraint",
        "Polynomial",
        "RationalSum",
        "abs2",
        "complex_variables",
        "conj",
        "equal",
        "imag",
        "ratio",
        "real",
        "variables",
    ),
    "problem": ("Problem",),
    "programs": (
        "ProgramCertificate",
        "SOSProgram",
        "SOSResult",
        "UnknownPolynomial",
        "identity",
        "sos",
        "unknown",
    ),
    "research": ("moments", "multipliers", "orders", "relax_in_cvxpy"),
    "saving": ("load",),
    "sdp": ("read_sdpa",),
    "solvers": ("available_solvers",),
    "sweeps": ("Failure", "Sweep", "learn_many", "solve_many"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}
#: Rooms that are attributes of the package as well.
_ROOMS = {home.split(".")[0] for home in _HOMES} | {
    "bounds",
    "conditioning",
    "extraction",
    "plots",
    "points",
    "relaxations",
    "torch",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOME:
        return globals().setdefault(name, getattr(import_module(f".{_HOME[name]}", __name__), name))
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _certify(*given: Any, **named: Any) -> Any:
    from .certificates import certify

    return certify(*given, **named)


def _tree_checks(*given: Any, **named: Any) -> Any:
    from .certificates.tree_document import proved_empty_by

    return proved_empty_by(*given, **named)


def _everywhere(*given: Any, **named: Any) -> Any:
    from .certificates.multiplied import certified_everywhere

    return certified_everywhere(*given, **named)


def _plot(*given: Any, **named: Any) -> Any:
    from .plots.of_result import plot

    return plot(*given, **named)


PROVER.supply(_certify)
EVERYWHERE.supply(_everywhere)
PAINTER.supply(_plot)
TREE_CHECKER.supply(_tree_checks)
