/* The kernels of `blocks` on several blocks of one size at once: the numbers of all of them stand next to each other,
   entry after entry, so that what a loop does to one number a vector instruction does to all. Blocks that are missing
   are zero, and count as the unit where they are factored. Compilers without vectors take one block at a time. */
#ifndef MOMENTSOS_LANES_H
#define MOMENTSOS_LANES_H

#include "vectors.h"

/* The largest blocks that are taken together, and how many numbers are summed side by side. */
#define LARGEST_LANES 24
#define TILE 4

/* Write the lower half of the Cholesky factors of matrices plus multiples of the unit, which may be in the same place;
   return which of them are not definite, one bit for each. The factors of these mean nothing. */
INLINED int factor_shifted(int s, const wide *matrix, const wide *shift, wide *lower)
{
    int indefinite = 0;
    for (int j = 0; j < s; j++) {
        const wide *own = lower + j * s;
        wide pivot = matrix[j * s + j] + *shift, back;
        int i = j + 1;
        for (int k = 0; k < j; k++)
            pivot -= own[k] * own[k];
        for (int l = 0; l < LANES; l++) {
            if (!(LANE(pivot, l) > 0.0)) { /* also where it is not a number */
                indefinite |= 1 << l;
                LANE(pivot, l) = 1.0;
            }
            LANE(pivot, l) = sqrt(LANE(pivot, l));
        }
        back = 1.0 / pivot;
        for (; i + TILE <= s; i += TILE) {
            wide sums[TILE];
            for (int t = 0; t < TILE; t++)
                sums[t] = matrix[(i + t) * s + j];
            for (int k = 0; k < j; k++)
                for (int t = 0; t < TILE; t++)
                    sums[t] -= lower[(i + t) * s + k] * own[k];
            for (int t = 0; t < TILE; t++)
                lower[(i + t) * s + j] = sums[t] * back;
        }
        for (; i < s; i++) {
            wide sum = matrix[i * s + j];
            for (int k = 0; k < j; k++)
                sum -= lower[i * s + k] * own[k];
            lower[i * s + j] = sum * back;
        }
        lower[j * s + j] = pivot;
    }
    return indefinite;
}

/* Add the products of `count` numbers in a row with as many rows of another matrix, of which `columns` are wanted. */
INLINED void sum_products(int count, const wide *row, const wide *columns, int stride, int wanted, wide *sums)
{
    for (int k = 0; k < count; k++)
        for (int t = 0; t < wanted; t++)
            sums[t] += row[k] * columns[k * stride + t];
}

/* Write a row of numbers, each the product of a row with a column of another matrix, from the first of both on. */
INLINED void row_of_products(int count, const wide *row, const wide *right, int s, int length, double share,
                             wide *result)
{
    int j = 0;
    for (; j + TILE <= length; j += TILE) {
        wide sums[TILE];
        for (int t = 0; t < TILE; t++)
            sums[t] = ZERO;
        sum_products(count, row, right + j, s, TILE, sums);
        for (int t = 0; t < TILE; t++)
            result[j + t] = share * sums[t];
    }
    for (; j < length; j++) {
        wide sum = ZERO;
        sum_products(count, row, right + j, s, 1, &sum);
        result[j] = share * sum;
    }
}

/* Write inverse Cholesky factors, zero above the diagonal; return 1 when a block is not definite. `work` has room for
   a matrix. */
static WIDE int root_lanes(int s, const double *restrict matrix, const double *restrict missing, double *restrict work,
                           double *restrict inverse)
{
    const wide *lower = (const wide *)work;
    wide *back = (wide *)inverse;
    if (factor_shifted(s, (const wide *)matrix, (const wide *)missing, (wide *)work))
        return 1;
    memset(inverse, 0, (size_t)s * s * sizeof(wide));
    for (int i = 0; i < s; i++) {
        wide pivot = 1.0 / lower[i * s + i];
        row_of_products(i, lower + i * s, back, s, i, -1.0, back + i * s);
        for (int j = 0; j < i; j++)
            back[i * s + j] *= pivot;
        back[i * s + i] = pivot;
    }
    return 0;
}

/* Return whether blocks are positive definite; they are overwritten. */
static WIDE int definite_lanes(int s, double *restrict matrix, const double *restrict missing)
{
    return !factor_shifted(s, (const wide *)matrix, (const wide *)missing, (wide *)matrix);
}

/* Write R'R for lower triangular R, zero for blocks that are missing. `work` has room for a matrix. */
static WIDE void gram_lanes(int s, const double *restrict root, const double *restrict missing, double *restrict work,
                            double *restrict matrix)
{
    const wide *r = (const wide *)root;
    wide *turned = (wide *)work, *result = (wide *)matrix, there = 1.0 - *(const wide *)missing;
    for (int k = 0; k < s; k++)
        for (int i = 0; i <= k; i++)
            turned[i * s + k] = r[k * s + i];
    for (int i = 0; i < s; i++) {
        row_of_products(s - i, turned + i * s + i, r + i * s, s, i + 1, 1.0, result + i * s);
        for (int j = 0; j <= i; j++)
            result[i * s + j] *= there;
    }
    for (int i = 0; i < s; i++)
        for (int j = 0; j < i; j++)
            result[j * s + i] = result[i * s + j];
}

/* Write the symmetric parts of left * middle * right; `work` has room for two matrices. */
static WIDE void sandwich_lanes(int s, const double *restrict left, const double *restrict middle,
                                const double *restrict right, double *restrict work, double *restrict result)
{
    wide *half = (wide *)work, *full = half + s * s, *out = (wide *)result;
    for (int i = 0; i < s; i++)
        row_of_products(s, (const wide *)left + i * s, (const wide *)middle, s, s, 1.0, half + i * s);
    for (int i = 0; i < s; i++)
        row_of_products(s, half + i * s, (const wide *)right, s, s, 1.0, full + i * s);
    for (int i = 0; i < s; i++) {
        for (int j = 0; j < i; j++)
            out[i * s + j] = out[j * s + i] = 0.5 * (full[i * s + j] + full[j * s + i]);
        out[i * s + i] = full[i * s + i];
    }
}

/* Write the lower half of R D R' for lower triangular R, and return which of its blocks have an eigenvalue below
   `bound`, one bit for each, once that is no higher than their diagonals, which eigenvalues are not above. `work` has
   room for three matrices, of which the result is the first. */
static WIDE int lower_lanes(int s, const double *restrict root, const double *restrict change, double *restrict bound,
                            double *restrict work)
{
    const wide *r = (const wide *)root, *d = (const wide *)change;
    wide *full = (wide *)work, *half = full + s * s, *turned = half + s * s, shift;
    for (int i = 0; i < s; i++)
        row_of_products(i + 1, r + i * s, d, s, s, 1.0, half + i * s);
    /* Turned, the root has rows that products run along. */
    for (int i = 0; i < s; i++)
        for (int j = i; j < s; j++)
            turned[i * s + j] = r[j * s + i];
    for (int i = 0; i < s; i++) {
        for (int j = 0; j < i; j++)
            turned[i * s + j] = ZERO;
        row_of_products(i + 1, half + i * s, turned, s, i + 1, 1.0, full + i * s);
        for (int l = 0; l < LANES; l++)
            if (LANE(full[i * s + i], l) < *bound)
                *bound = LANE(full[i * s + i], l);
    }
    shift = ZERO - *bound;
    return factor_shifted(s, full, &shift, half);
}

/* Return the same for another bound, given what `lower_lanes` has written. */
static WIDE int still_lower_lanes(int s, double bound, double *restrict work)
{
    wide *full = (wide *)work, shift = ZERO - bound;
    return factor_shifted(s, full, &shift, full + s * s);
}

/* Write P'WP, of size h, as `fold_weights` does, for blocks whose P has its entries in the same places. `row` has room
   for a triangle. */
static WIDE void fold_lanes(int s, const double *restrict gram, const double *restrict inverse,
                            const int *restrict member, const double *restrict factors, int h, double *restrict row,
                            double *restrict folded)
{
    const wide *x = (const wide *)gram, *v = (const wide *)inverse, *factor = (const wide *)factors;
    wide *weights = (wide *)row, *result = (wide *)folded;
    int p = 0;
    memset(folded, 0, (size_t)h * h * sizeof(wide));
    for (int k = 0; k < s; k++)
        for (int i = 0; i <= k; i++, p++) {
            const wide *xi = x + i * s, *xk = x + k * s, *vi = v + i * s, *vk = v + k * s;
            wide half = (i == k ? 0.5 : 1.0) * factor[p];
            wide *target = result + (size_t)member[p] * h;
            int q = 0;
            for (int m = 0; m <= k; m++) {
                wide xim = half * xi[m], xkm = half * xk[m], vim = half * vi[m], vkm = half * vk[m];
                int last = m < k ? m : i;
                for (int l = 0; l <= last; l++)
                    weights[q + l] = xk[l] * vim + vi[l] * xkm + xi[l] * vkm + vk[l] * xim;
                q += last + 1;
                if (last == m)
                    weights[q - 1] *= 0.5;
            }
            weights[p] *= 0.5; /* its other half comes from the transposition below */
            for (q = 0; q <= p; q++)
                target[member[q]] += factor[q] * weights[q];
        }
    for (int a = 0; a < h; a++)
        for (int b = 0; b <= a; b++)
            result[(size_t)a * h + b] = result[(size_t)b * h + a] =
                result[(size_t)a * h + b] + result[(size_t)b * h + a];
}

/* Write blocks whose entries are multiples of different ones, and add the adjoint of that. */
static WIDE void spread_lanes(int s, const int *restrict member, const double *restrict factors,
                              const double *restrict entries, double *restrict flat)
{
    const wide *factor = (const wide *)factors, *entry = (const wide *)entries;
    wide *block = (wide *)flat;
    for (int k = 0, p = 0; k < s; k++)
        for (int i = 0; i <= k; i++, p++)
            block[i * s + k] = block[k * s + i] = factor[p] * entry[member[p]];
}

static WIDE void collect_lanes(int s, const int *restrict member, const double *restrict factors,
                               const double *restrict flat, double *restrict entries)
{
    const wide *factor = (const wide *)factors, *block = (const wide *)flat;
    wide *entry = (wide *)entries;
    for (int k = 0, p = 0; k < s; k++)
        for (int i = 0; i <= k; i++, p++)
            entry[member[p]] += factor[p] * (i == k ? 1.0 : 2.0) * block[i * s + k];
}

/* Write the different entries of blocks whose rows are over the same moments, and add the adjoint of that, of which
   each block has its own. */
static WIDE void rows_lanes(int h, const int *restrict pointers, const int *restrict columns,
                            const double *restrict values, const double *restrict moments, double *restrict entries)
{
    const wide *value = (const wide *)values;
    wide *entry = (wide *)entries;
    for (int d = 0, e = 0; d < h; d++) {
        int end = pointers[d + 1] - pointers[0];
        wide even = ZERO, odd = ZERO;
        for (; e + 2 <= end; e += 2) {
            even += value[e] * moments[columns[e]];
            odd += value[e + 1] * moments[columns[e + 1]];
        }
        if (e < end) {
            even += value[e] * moments[columns[e]];
            e++;
        }
        entry[d] = even + odd;
    }
}

static WIDE void columns_lanes(int h, const int *restrict pointers, const int *restrict columns,
                               const double *restrict values, const double *restrict entries,
                               double *restrict gradients)
{
    const wide *value = (const wide *)values, *entry = (const wide *)entries;
    wide *gradient = (wide *)gradients;
    for (int d = 0, e = 0; d < h; d++) {
        wide own = entry[d];
        for (; e < pointers[d + 1] - pointers[0]; e++)
            gradient[columns[e]] += value[e] * own;
    }
}

/* Add the gradients of all blocks to one. */
static WIDE void add_lanes(int n, const double *restrict gradients, double *restrict gradient)
{
    for (int i = 0; i < n; i++)
        gradient[i] += sum_of_lanes((const wide *)gradients + i);
}

#endif
