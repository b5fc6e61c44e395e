"""Relaxations: planners say what the blocks are, one assembler builds the conic program."""

from .assemble import Relaxation, assemble
from .dense import dense_plan
from .mixed import mixed_plan
from .partial import partial_plan
from .plan import Block, BlockKind, Plan

__all__ = ["Block", "BlockKind", "Plan", "Relaxation", "assemble", "dense_plan", "mixed_plan", "partial_plan"]
