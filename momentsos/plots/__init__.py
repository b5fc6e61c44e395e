"""Pictures: one function a kind of plot, which takes records and an optional Axes, and returns the Axes.

Matplotlib is imported when the first picture is drawn. Where no Axes is given a new figure is made with
`matplotlib.pyplot`, so that notebooks and `matplotlib.pyplot.show` show it.
"""

from .activations import activation, activations
from .blocks import block_sizes
from .bounds import bounds
from .channel import channel
from .growth import growth
from .ranks import singular_values
from .residuals import residual_norms, residuals
from .sparsity import sparsity

__all__ = [
    "activation",
    "activations",
    "block_sizes",
    "bounds",
    "channel",
    "growth",
    "residual_norms",
    "residuals",
    "singular_values",
    "sparsity",
]
