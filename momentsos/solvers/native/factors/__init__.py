"""Factors of normal matrices, dense and sparse."""
