"""The iteration on small programs in compiled code, and kernels for others, where they could be built."""
