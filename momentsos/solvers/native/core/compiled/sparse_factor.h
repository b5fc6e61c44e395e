/* The loops of the multifrontal factorisation. A front is a small dense matrix, stored by columns, of which the lower
   half counts; its columns are padded, so that they begin with whole vectors. */
#ifndef MOMENTSOS_SPARSE_FACTOR_H
#define MOMENTSOS_SPARSE_FACTOR_H

#include "vectors.h"

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
   pivot is measured as a share of its entry of `diagonal`. One that is no larger than `small` is raised to `least`, or
   as far above zero as rounding has taken it below; `raised` grows to the largest share that was added, `smallest`
   falls to the smallest one that pivots have before. Return 1 when one is below zero by `negative` or more. */
static WIDE int eliminate(int n, int first, int last, int end, double negative, double small, double least,
                          double *restrict matrix, const double *restrict diagonal, double *restrict raised,
                          double *restrict smallest)
{
    int vectors = PADDED(n) / LANES;
    for (int j = first; j < end; j++) {
        wide *column = (wide *)matrix + (size_t)j * vectors;
        double *entries = (double *)column, share, root, back;
        subtract_columns((const wide *)matrix, vectors, first, j < last ? j : last, j, j / LANES, column);
        if (j >= last)
            continue;
        share = entries[j] / diagonal[j];
        if (!(share > -negative))
            return 1;
        if (share < *smallest)
            *smallest = share;
        if (share <= small) { /* as high as what rounding has made of it, for the rest of the column is no better */
            double height = -share > least ? -share : least;
            entries[j] = height * diagonal[j];
            if (height - share > *raised)
                *raised = height - share;
        }
        root = sqrt(entries[j]);
        back = 1.0 / root;
        for (int i = j / LANES; i < vectors; i++)
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

/* How many numbers it writes for LANES columns of a height in vectors, and for all of a front. */
INLINED size_t kept_together(int height)
{
    return (size_t)LANES * (LANES * height - 1);
}
INLINED size_t kept_size(int n, int own)
{
    size_t size = PADDED(own);
    for (int j = 0; j < own; j++)
        size += PADDED(n) - (j + 1) / LANES * LANES;
    return size;
}

/* Solve with up to LANES columns that were kept, `height` vectors from their own one on; x begins with their rows. */
INLINED void forwards(int count, int height, const double *restrict back, const double *restrict columns,
                      double *restrict x)
{
    double own[LANES];
    for (int c = 0; c < LANES; c++)
        own[c] = x[c];
    for (int c = 0; c < count; c++) {
        x[c] = own[c] *= back[c];
        for (int r = c + 1; r < LANES; r++)
            own[r] -= own[c] * columns[c * height * LANES + r];
    }
    for (int r = count; r < LANES; r++)
        x[r] = own[r];
    for (int i = 1; i < height; i++) {
        const wide *entry = (const wide *)columns + i;
        wide even = ((const wide *)x)[i], odd = ZERO;
        for (int c = 0; c < count; c += 2) { /* the last of LANES begins in the next vector */
            even -= own[c] * entry[c * height - (c == LANES - 1)];
            if (c + 1 < count)
                odd -= own[c + 1] * entry[(c + 1) * height - (c + 1 == LANES - 1)];
        }
        ((wide *)x)[i] = even + odd;
    }
}

INLINED void backwards(int count, int height, const double *restrict back, const double *restrict columns,
                       double *restrict x)
{
    wide sums[LANES], total;
    double own[LANES];
    for (int c = 0; c < LANES; c++)
        sums[c] = ZERO;
    for (int i = 1; i < height; i++)
        for (int c = 0; c < count; c++)
            sums[c] += ((const wide *)columns)[c * height + i - (c == LANES - 1)] * ((const wide *)x)[i];
    sums_of_lanes(sums, &total);
    for (int c = 0; c < LANES; c++)
        own[c] = x[c] - LANE(total, c);
    for (int c = count - 1; c >= 0; c--) {
        for (int r = LANES - 1; r > c; r--)
            own[c] -= own[r] * columns[c * height * LANES + r];
        x[c] = own[c] *= back[c];
    }
}

/* Solve with the columns that were kept, in place; `x` is padded. */
static WIDE void solve_forwards(int n, int own, const double *restrict panel, double *restrict x)
{
    int height = PADDED(n) / LANES, j = 0;
    const double *restrict columns = panel + PADDED(own);
    for (; j + LANES <= own; j += LANES) {
        forwards(LANES, height, panel + j, columns, x + j);
        columns += kept_together(height);
        height--;
    }
    if (j < own)
        forwards(own - j, height, panel + j, columns, x + j);
}

static WIDE void solve_backwards(int n, int own, const double *restrict panel, double *restrict x)
{
    int height = (PADDED(n) - PADDED(own)) / LANES + 1, j = own / LANES * LANES;
    const double *restrict columns = panel + PADDED(own);
    for (int k = 0; k < own / LANES; k++)
        columns += kept_together(PADDED(n) / LANES - k);
    if (j < own)
        backwards(own - j, height++, panel + j, columns, x + j);
    while (j > 0) {
        j -= LANES;
        columns -= kept_together(height);
        backwards(LANES, height++, panel + j, columns, x + j);
    }
}

#endif
