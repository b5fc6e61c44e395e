"""Answers with more digits than floats have."""
