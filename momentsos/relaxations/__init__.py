"""Relaxations: planners say what the blocks are, one assembler builds the conic program."""

from .assemble import Relaxation, assemble
from .denominator import centre_and_axes, denominator_program
from .dense import dense_plan
from .mixed import mixed_plan
from .partial import partial_plan
from .plan import Block, BlockKind, Plan
from .sparse import sparse_plan

__all__ = [
    "Block",
    "BlockKind",
    "Plan",
    "Relaxation",
    "assemble",
    "centre_and_axes",
    "denominator_program",
    "dense_plan",
    "mixed_plan",
    "partial_plan",
    "sparse_plan",
]
