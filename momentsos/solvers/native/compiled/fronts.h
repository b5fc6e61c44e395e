/* The loops of the multifrontal factorisation. A front is a small dense matrix, stored by columns, of which the lower half
   counts; its columns are padded, so that they begin with whole vectors. */
#ifndef MOMENTSOS_FRONTS_H
#define MOMENTSOS_FRONTS_H

#include "vectors.h"

/* The rows of a front and the numbers of a column. */
#define PADDED(n) (((n) + LANES - 1) / LANES * LANES)

/* Take from a column, from the vector with row `from` on, the products of columns before it with their entries in that
   row. */
INLINED void subtract_columns(const wide *matrix, int height, int first, int last, int row, int from, wide *column)
{
    int k = first;
    for (; k + 4 <= last; k += 4) {
        const wide *a = matrix + (size_t)k * height, *b = a + height, *c = b + height, *d = c + height;
        double s = ((const double *)a)[row], t = ((const double *)b)[row];
        double u = ((const double *)c)[row], v = ((const double *)d)[row];
        for (int i = from; i < height; i++)
            column[i] -= (s * a[i] + t * b[i]) + (u * c[i] + v * d[i]);
    }
    for (; k < last; k++) {
        const wide *a = matrix + (size_t)k * height;
        double s = ((const double *)a)[row];
        for (int i = from; i < height; i++)
            column[i] -= s * a[i];
    }
}

/* Eliminate the columns from first to last of a front of n rows, after those before them, and update those up to end. A
   pivot that is small against its entry of `diagonal` is raised, by the shares in `raised`; `smallest` falls to the
   smallest share that pivots have before. Return 1 when one is too negative. */
static WIDE int eliminate(int n, int first, int last, int end, double *restrict matrix, const double *restrict diagonal,
                          double *restrict raised, double *restrict smallest)
{
    int height = PADDED(n) / LANES;
    for (int j = first; j < end; j++) {
        wide *column = (wide *)matrix + (size_t)j * height;
        double *entries = (double *)column, share, root, back;
        subtract_columns((const wide *)matrix, height, first, j < last ? j : last, j, j / LANES, column);
        if (j >= last)
            continue;
        share = entries[j] / diagonal[j];
        if (!(share > -1e-6))
            return 1;
        if (share < *smallest)
            *smallest = share;
        if (share <= 1e-14) { /* as high as what rounding has made of it, for the rest of the column is no better */
            double least = -share > 1e-13 ? -share : 1e-13;
            entries[j] = least * diagonal[j];
            if (least - share > *raised)
                *raised = least - share;
        }
        root = sqrt(entries[j]);
        back = 1.0 / root;
        for (int i = j / LANES; i < height; i++)
            column[i] *= back;
        entries[j] = root;
    }
    return 0;
}

/* Keep the first columns of a front for solves: zero from the diagonal up, whose inverse entries come after them, and
   after these the rows of the triangle, and those that share a vector with the last of them. */
static WIDE void keep_columns(int n, int own, const double *restrict matrix, double *restrict panel)
{
    int height = PADDED(n), width = PADDED(own);
    double *restrict back = panel + (size_t)own * height, *restrict rows = back + width;
    memset(rows, 0, (size_t)width * width * sizeof(double));
    for (int j = 0; j < own; j++) {
        const double *restrict column = matrix + (size_t)j * height;
        double *restrict kept = panel + (size_t)j * height;
        memset(kept, 0, (size_t)(j + 1) * sizeof(double));
        memcpy(kept + j + 1, column + j + 1, (size_t)(n - j - 1) * sizeof(double));
        memset(kept + n, 0, (size_t)(height - n) * sizeof(double));
        back[j] = 1.0 / column[j];
        for (int i = j + 1; i < n && i < width; i++)
            rows[(size_t)i * width + j] = column[i];
    }
}

/* How many numbers `keep_columns` writes. */
INLINED size_t kept_size(int n, int own)
{
    return (size_t)own * PADDED(n) + PADDED(own) + (size_t)PADDED(own) * PADDED(own);
}

/* Solve with the columns that were kept, forwards and backwards, in place; `x` is padded. */
static WIDE void solve_forwards(int n, int own, const double *restrict panel, double *restrict x)
{
    int height = PADDED(n) / LANES;
    const wide *columns = (const wide *)panel;
    const double *restrict back = panel + (size_t)own * PADDED(n);
    wide *result = (wide *)x;
    for (int j = 0; j < own; j++) {
        const wide *column = columns + (size_t)j * height;
        double value = x[j] * back[j];
        for (int i = (j + 1) / LANES; i < height; i++)
            result[i] -= value * column[i];
        x[j] = value;
    }
}

static WIDE void solve_backwards(int n, int own, const double *restrict panel, double *restrict x)
{
    int height = PADDED(n) / LANES, width = PADDED(own) / LANES;
    const wide *columns = (const wide *)panel;
    const double *restrict back = panel + (size_t)own * PADDED(n);
    const wide *rows = (const wide *)(back + PADDED(own));
    wide *result = (wide *)x;
    for (int j = 0; j < own; j++) { /* what the other rows take, first those in vectors of their own */
        const wide *column = columns + (size_t)j * height;
        wide sum = ZERO;
        for (int i = width; i < height; i++)
            sum += column[i] * result[i];
        x[j] -= sum_of_lanes(&sum);
    }
    for (int j = own; j < n && j < PADDED(own); j++)
        for (int i = 0; i < width; i++)
            result[i] -= x[j] * rows[(size_t)j * width + i];
    for (int j = own - 1; j >= 0; j--) {
        const wide *row = rows + (size_t)j * width;
        double value = x[j] * back[j];
        for (int i = 0; i <= j / LANES; i++)
            result[i] -= value * row[i];
        x[j] = value;
    }
}

#endif
