"""The foreign solvers, one file each."""
