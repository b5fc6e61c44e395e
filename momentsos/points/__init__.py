"""Points of a problem: when they are feasible, local search, and the points known so far."""
