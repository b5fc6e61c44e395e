"""The command line: ``momentsos …``."""

from .main import main

__all__ = ["main"]
