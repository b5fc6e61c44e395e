/* The smallest eigenvalue of a small symmetric matrix. */
#ifndef MOMENTSOS_EIGEN_H
#define MOMENTSOS_EIGEN_H

#include <float.h>

#include "vectors.h"

/* Reduce a full symmetric matrix, rows padded by zeros, to a tridiagonal one by Householder's reflections (Wilkinson,
   Reinsch, *Handbook for Automatic Computation* II, 1971, tred1): `diagonal`, and the squares of what is beside it, the
   first of them zero. `u` and `p` have room for a padded row. */
INLINED void tridiagonal(int n, double *restrict matrix, double *restrict diagonal, double *restrict squares,
                         double *restrict u, double *restrict p)
{
    int height = PADDED(n) / LANES;
    for (int i = n - 1; i > 0; i--) {
        double *row = matrix + (size_t)i * PADDED(n), size = 0.0, next = row[i - 1], share, half;
        int width = PADDED(i) / LANES;
        diagonal[i] = row[i];
        for (int k = 0; k < i; k++)
            size += row[k] * row[k];
        squares[i] = size;
        if (i == 1 || size == next * next) /* nothing is left to be removed */
            continue;
        for (int k = 0; k < i; k++)
            u[k] = row[k];
        for (int k = i; k < PADDED(i); k++)
            u[k] = 0.0;
        half = sqrt(size);
        u[i - 1] += next < 0.0 ? -half : half;
        half = size + fabs(next) * half; /* half of u'u */
        for (int b = 0; b < width; b++)
            ((loose *)p)[b] = ZERO;
        for (int k = 0; k < i; k++)
            for (int b = 0; b < width; b++)
                ((loose *)p)[b] += u[k] * ((const loose *)matrix)[k * height + b];
        share = 0.0;
        for (int k = 0; k < i; k++) {
            p[k] /= half;
            share += u[k] * p[k];
        }
        share /= 2.0 * half;
        for (int k = 0; k < i; k++)
            p[k] -= share * u[k];
        for (int k = i; k < PADDED(i); k++)
            p[k] = 0.0;
        for (int k = 0; k < i; k++) {
            double first = u[k], second = p[k];
            for (int b = 0; b < width; b++)
                ((loose *)matrix)[k * height + b] -= first * ((const loose *)p)[b] + second * ((const loose *)u)[b];
        }
    }
    diagonal[0] = matrix[0];
    squares[0] = 0.0;
}

/* Return the smallest eigenvalue, known to be at most `high`, of a symmetric matrix given by its lower half, from below
   to a relative precision; by bisection with Sturm sequences, as many points at a time as there are lanes (Barth,
   Martin, Wilkinson, *Numer. Math.* 9 (1967)). `work` has room for `eigen_size` numbers. */
static WIDE double smallest_eigenvalue(int n, const double *restrict lower, double high, double precision,
                                       double *restrict work)
{
    double *matrix = work, *diagonal = matrix + (size_t)n * PADDED(n), *squares = diagonal + PADDED(n);
    double *u = squares + PADDED(n), *p = u + PADDED(n), low = DBL_MAX, size = 0.0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++)
            matrix[i * PADDED(n) + j] = matrix[j * PADDED(n) + i] = lower[i * n + j];
        for (int j = n; j < PADDED(n); j++)
            matrix[i * PADDED(n) + j] = 0.0;
    }
    tridiagonal(n, matrix, diagonal, squares, u, p);
    for (int i = 0; i < n; i++) { /* Gershgorin's circles */
        double beside = sqrt(squares[i]) + (i + 1 < n ? sqrt(squares[i + 1]) : 0.0);
        if (!(fabs(diagonal[i]) + beside <= DBL_MAX))
            return -INFINITY;
        low = diagonal[i] - beside < low ? diagonal[i] - beside : low;
        high = diagonal[i] < high ? diagonal[i] : high;
        size = fabs(diagonal[i]) + beside > size ? fabs(diagonal[i]) + beside : size;
    }
    low -= 4.0 * DBL_EPSILON * size;
    while (high - low > precision * fabs(low) + DBL_EPSILON * size) {
        wide points, pivots, signs = ZERO;
        double step = (high - low) / (LANES + 1), from = low;
        for (int l = 0; l < LANES; l++)
            LANE(points, l) = low + (l + 1) * step;
        pivots = diagonal[0] - points;
        for (int i = 0;;) {
            for (int l = 0; l < LANES; l++) {
                LANE(pivots, l) = fabs(LANE(pivots, l)) < DBL_MIN ? -DBL_MIN : LANE(pivots, l); /* zero is negative */
                LANE(signs, l) = LANE(pivots, l) < 0.0 ? -1.0 : LANE(signs, l);
            }
            if (++i == n)
                break;
            pivots = diagonal[i] - points - squares[i] / pivots;
        }
        for (int l = 0; l < LANES && LANE(signs, l) == 0.0; l++)
            low = LANE(points, l);
        if (low == from)
            high = LANE(points, 0);
        else if (low + step < high)
            high = low + step;
        if (step <= DBL_EPSILON * size)
            break;
    }
    return low;
}

INLINED size_t eigen_size(int n)
{
    return (size_t)(n + 4) * PADDED(n) + LANES;
}

#endif
