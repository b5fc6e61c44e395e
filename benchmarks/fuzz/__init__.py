"""Inputs that nobody honest would write: whatever comes in, only the package's own errors may come out."""
