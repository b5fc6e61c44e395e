"""An iteration in compiled code, and what is slow before it; `kernels` is there where that was built."""

from .....machine.caches import register
from .....machine.compiled import PRESENT

if PRESENT:
    from . import kernels as kernels

    register(
        "work space of an iteration",
        __name__,
        kernels.kept_space,
        kernels.give_back_space,
        limit=1,
        room=kernels.MOST_KEPT_SPACE,
    )
