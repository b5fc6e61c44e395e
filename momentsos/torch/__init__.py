"""Trained models of PyTorch."""
