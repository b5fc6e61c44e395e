"""Exact certificates: lower bounds as identities in rational numbers, and their verification."""

from .certificate import Certificate
from .errors import CertificateError
from .prove import certify
from .statement import Verdict, verify_file

__all__ = ["Certificate", "CertificateError", "Verdict", "certify", "verify_file"]
