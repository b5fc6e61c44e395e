"""Sum-of-squares programs: programs whose unknowns are polynomials."""

from .certificate import ProgramCertificate
from .constraints import SOS, Identity, identity, sos
from .program import SOSProgram
from .result import EqualityMultiplier, GramMatrix, SOSResult, Values
from .unknowns import Coefficient, UnknownPolynomial, unknown

__all__ = [
    "SOS",
    "Coefficient",
    "EqualityMultiplier",
    "GramMatrix",
    "Identity",
    "ProgramCertificate",
    "SOSProgram",
    "SOSResult",
    "UnknownPolynomial",
    "Values",
    "identity",
    "sos",
    "unknown",
]
