"""Thousands of problems with known optima, each answer held against the truth in rational arithmetic."""
