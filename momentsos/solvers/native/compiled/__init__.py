"""The iteration on small programs in compiled code, where it could be built."""

from .follow import follow_small

__all__ = ["follow_small"]
