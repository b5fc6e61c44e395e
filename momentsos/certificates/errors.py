"""The error of this package."""

from __future__ import annotations

from ..errors import MomentSOSError


class CertificateError(MomentSOSError):
    """No exact certificate could be made, or a given one does not hold; the message says why and what to do."""
