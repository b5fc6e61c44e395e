"""What an iteration asks for, in NumPy and in compiled code."""
