"""What the machine has and how it is used: memory, threads, caches."""
