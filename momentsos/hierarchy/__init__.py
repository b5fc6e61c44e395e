"""`solve` and `relax`: orders are raised, evidence is collected, a result follows."""
