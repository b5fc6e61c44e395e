"""An iteration in NumPy."""
