"""Invertible changes of variables and scale, and how the variables of a problem split."""
