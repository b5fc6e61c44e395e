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

/* Keep the first columns of a front for solves, each from the vector with the row below its diagonal on, zero down to
   there; the inverse diagonal comes first. */
static WIDE void keep_columns(int n, int own, const double *restrict matrix, double *restrict panel)
{
    int height = PADDED(n);
    double *restrict to = panel + PADDED(own);
    for (int j = 0; j < own; j++) {
        const double *restrict column = matrix + (size_t)j * height;
        int start = (j + 1) / LANES * LANES;
        panel[j] = 1.0 / column[j];
        for (int i = start; i <= j; i++)
            *to++ = 0.0;
        memcpy(to, column + j + 1, (size_t)(n - j - 1) * sizeof(double));
        to += n - j - 1;
        for (int i = n; i < height; i++)
            *to++ = 0.0;
    }
}

/* How many numbers `keep_columns` writes. */
INLINED size_t kept_size(int n, int own)
{
    size_t size = PADDED(own);
    for (int j = 0; j < own; j++)
        size += PADDED(n) - (j + 1) / LANES * LANES;
    return size;
}

/* Solve with the columns that were kept, forwards and backwards, in place; `x` is padded. */
static WIDE void solve_forwards(int n, int own, const double *restrict panel, double *restrict x)
{
    int height = PADDED(n) / LANES;
    const wide *column = (const wide *)(panel + PADDED(own));
    wide *result = (wide *)x;
    for (int j = 0; j < own; j++) {
        double value = x[j] * panel[j];
        for (int i = (j + 1) / LANES; i < height; i++)
            result[i] -= value * *column++;
        x[j] = value;
    }
}

static WIDE void solve_backwards(int n, int own, const double *restrict panel, double *restrict x)
{
    int height = PADDED(n) / LANES, width = PADDED(own) / LANES, rest = n < PADDED(own) ? n : PADDED(own);
    const wide *column = (const wide *)(panel + PADDED(own)), *result = (const wide *)x;
    for (int j = 0; j < own; j++) { /* what the rows take that share no vector with own ones */
        wide sum = ZERO;
        column += height - (j + 1) / LANES;
        for (int i = width; i < height; i++)
            sum += column[i - height] * result[i];
        x[j] -= sum_of_lanes(&sum);
    }
    for (int r = rest - 1; r > 0; r--) { /* number by number, for the next one is wanted at once */
        const double *entry = panel + PADDED(own) + r;
        if (r < own)
            x[r] *= panel[r];
        for (int i = 0; i < r && i < own; i++) {
            int start = (i + 1) / LANES * LANES;
            x[i] -= x[r] * entry[-start];
            entry += PADDED(n) - start;
        }
    }
    x[0] *= panel[0];
}

#endif
