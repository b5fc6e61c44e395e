"""An iteration in compiled code, and what is slow before it; `kernels` is there where that was built."""

from .....machine.compiled import PRESENT

if PRESENT:
    from . import kernels as kernels
