"""Lower bounds of sums of squares of given polynomials over all of R^n, proved in exact arithmetic."""
