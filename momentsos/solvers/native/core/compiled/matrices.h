/* The hot loops on matrices, stored row by row. */
#ifndef MOMENTSOS_MATRICES_H
#define MOMENTSOS_MATRICES_H

#include "vectors.h"

INLINED void multiply_sized(int s, const double *restrict left, const double *restrict right, double *restrict result)
{
    for (int i = 0; i < s; i++) {
        double *restrict row = result + i * s;
        for (int j = 0; j < s; j++)
            row[j] = left[i * s] * right[j];
        for (int k = 1; k < s; k++) {
            double share = left[i * s + k];
            for (int j = 0; j < s; j++)
                row[j] += share * right[k * s + j];
        }
    }
}

/* Write the product of two matrices of size s. The compiler is told of the sizes that blocks of a few variables have,
   so that rows stay in registers. */
static WIDE void multiply(int s, const double *restrict left, const double *restrict right, double *restrict result)
{
#define SIZED(n) case n: multiply_sized(n, left, right, result); break
    switch (s) {
        SIZED(2); SIZED(3); SIZED(4); SIZED(5); SIZED(6); SIZED(7); SIZED(8); SIZED(9); SIZED(10); SIZED(15);
        default: multiply_sized(s, left, right, result);
    }
#undef SIZED
}

/* Write P'WP, of size h, for the weights W of a block; see terms.pxi. P has one entry in a row: `factor` in column
   `member`, for each entry of the upper triangle of the block, column by column. Rows of the result are `stride`
   numbers apart. `work` has room for `fold_size` numbers. */
static WIDE void fold_weights(int s, const double *restrict gram, const double *restrict inverse,
                              const int *restrict member, const double *restrict factor, int h, int stride,
                              double *restrict work, double *restrict folded)
{
    int p = 0, width = PADDED(s) / LANES;
    wide *x = (wide *)work, *v = x + s * width;
    double *row = (double *)(v + s * width);
    memset(work, 0, 2 * (size_t)s * width * sizeof(wide));
    for (int i = 0; i < s; i++) {
        memcpy(x + i * width, gram + i * s, (size_t)s * sizeof(double));
        memcpy(v + i * width, inverse + i * s, (size_t)s * sizeof(double));
    }
    memset(folded, 0, (size_t)h * stride * sizeof(double));
    for (int k = 0; k < s; k++)
        for (int i = 0; i <= k; i++, p++) {
            const wide *xi = x + i * width, *xk = x + k * width, *vi = v + i * width, *vk = v + k * width;
            double half = i == k ? 0.5 * factor[p] : factor[p], *restrict target = folded + (size_t)member[p] * stride;
            int q = 0;
            if (factor[p] == 0.0)
                continue;
            for (int m = 0; m <= k; m++) {
                double xim = half * ((const double *)xi)[m], xkm = half * ((const double *)xk)[m];
                double vim = half * ((const double *)vi)[m], vkm = half * ((const double *)vk)[m];
                int last = m < k ? m : i;
                for (int b = 0; b <= last / LANES; b++) /* beyond the last it is written again */
                    *(loose *)(row + q + b * LANES) = xk[b] * vim + vi[b] * xkm + xi[b] * vkm + vk[b] * xim;
                q += last + 1;
                if (last == m)
                    row[q - 1] *= 0.5;
            }
            row[p] *= 0.5; /* its other half comes from the transposition below */
            for (q = 0; q <= p; q++)
                target[member[q]] += factor[q] * row[q];
        }
    for (int a = 0; a < h; a++)
        for (int b = 0; b <= a; b++)
            folded[(size_t)a * stride + b] = folded[(size_t)b * stride + a] =
                folded[(size_t)a * stride + b] + folded[(size_t)b * stride + a];
}

/* How many numbers it works with. */
INLINED size_t fold_size(int s)
{
    return 2 * (size_t)s * PADDED(s) + (size_t)s * (s + 1) / 2 + LANES;
}

/* Add to a row, from one number to another, the products of some numbers, each with a row of a matrix. */
INLINED void add_rows(int count, const int *restrict rows, const double *restrict values, const double *restrict from,
                      int stride, int first, int last, double *restrict to)
{
    int e = 0;
    for (; e + 4 <= count; e += 4) {
        const double *restrict a = from + (size_t)rows[e] * stride;
        const double *restrict b = from + (size_t)rows[e + 1] * stride;
        const double *restrict c = from + (size_t)rows[e + 2] * stride;
        const double *restrict d = from + (size_t)rows[e + 3] * stride;
        double s = values[e], t = values[e + 1], u = values[e + 2], v = values[e + 3];
        for (int i = first; i < last; i++)
            to[i] += (s * a[i] + t * b[i]) + (u * c[i] + v * d[i]);
    }
    if (e + 2 <= count) {
        const double *restrict a = from + (size_t)rows[e] * stride, *restrict b = from + (size_t)rows[e + 1] * stride;
        double s = values[e], t = values[e + 1];
        for (int i = first; i < last; i++)
            to[i] += s * a[i] + t * b[i];
        e += 2;
    }
    if (e < count) {
        const double *restrict a = from + (size_t)rows[e] * stride;
        double s = values[e];
        for (int i = first; i < last; i++)
            to[i] += s * a[i];
    }
}

/* Add the upper triangle of D'FD, of size w, for a symmetric F of size h and a sparse D given by its columns, and what
   is not wanted of the other triangle. The rows of F are padded by zeros, those of the result where `stride` is. `tall`
   and `flat` have room for padded(h) * padded(w) numbers. */
static WIDE void add_congruence(int h, int w, const double *restrict f, const int *restrict pointers,
                                const int *restrict rows, const double *restrict values, double *restrict tall,
                                double *restrict flat, int stride, double *restrict target)
{
    int high = PADDED(h), wide_as = PADDED(w), last = stride < wide_as ? w : wide_as;
    memset(tall, 0, (size_t)high * wide_as * sizeof(double));
    for (int c = 0; c < w; c++)
        add_rows(pointers[c + 1] - pointers[c], rows + pointers[c], values + pointers[c], f, high, 0, high,
                 tall + (size_t)c * high);
    for (int c = 0; c < wide_as; c += LANES)
        for (int a = 0; a < high; a += LANES)
            turn_lanes(tall + (size_t)c * high + a, high, flat + (size_t)a * wide_as + c, wide_as);
    for (int c = 0; c < w; c++)
        add_rows(pointers[c + 1] - pointers[c], rows + pointers[c], values + pointers[c], flat, wide_as,
                 c / LANES * LANES, last, target + (size_t)c * stride);
}

#endif
