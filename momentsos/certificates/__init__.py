"""Exact certificates: lower bounds as identities in rational numbers, and their verification."""

from ..hierarchy.result import register_prover
from .certificate import Certificate
from .errors import CertificateError
from .prove import certify
from .statement import Verdict, verify_file

__all__ = ["Certificate", "CertificateError", "Verdict", "certify", "verify_file"]

register_prover(certify)
