"""Benchmarks, run side by side in one process with one thread: ``python -m benchmarks``."""
