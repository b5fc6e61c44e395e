/* What the iteration does with vectors, several numbers at a time. */
#ifndef MOMENTSOS_VECTORS_H
#define MOMENTSOS_VECTORS_H

#include <math.h>
#include <string.h>

/* Compiled for several instruction sets where the compiler can do that: the loader then takes the widest one that the
   processor has, so that one build serves all processors. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((unused, target_clones("avx512f", "avx2", "default")))
#elif defined(__GNUC__)
#define WIDE __attribute__((unused))
#else
#define WIDE
#endif

#if defined(__GNUC__)
#define INLINED static inline __attribute__((always_inline))
#else
#define INLINED static inline
#endif

/* Numbers side by side, aligned or not. Compilers without vectors take one at a time. */
#if defined(__GNUC__)
#define LANES 8
typedef double wide __attribute__((vector_size(64), may_alias));
typedef double loose __attribute__((vector_size(64), aligned(8), may_alias));
#define LANE(v, l) ((v)[l])
#else
#define LANES 1
typedef double wide;
typedef double loose;
#define LANE(v, l) (v)
#endif
#define ZERO ((wide){0.0})
/* How many numbers the vectors have that take n. */
#define PADDED(n) (((n) + LANES - 1) / LANES * LANES)

INLINED double sum_of_lanes(const wide *v)
{
    double total = 0.0;
    for (int l = 0; l < LANES; l++)
        total += LANE(*v, l);
    return total;
}

/* Turn a square of numbers: each row is a vector. */
INLINED void turn_lanes(const double *from, int stride, double *to, int other)
{
#if LANES == 8 && (defined(__clang__) || __GNUC__ >= 12)
#define TAKE(a, b, ...) (__builtin_shufflevector(a, b, __VA_ARGS__))
    wide u[8], v[8];
    for (int t = 0; t < 8; t++)
        u[t] = *(const loose *)(from + (size_t)t * stride);
    for (int t = 0; t < 8; t += 2) {
        v[t] = TAKE(u[t], u[t + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        v[t + 1] = TAKE(u[t], u[t + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int t = 0; t < 8; t += 4)
        for (int i = 0; i < 2; i++) {
            u[t + i] = TAKE(v[t + i], v[t + i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            u[t + i + 2] = TAKE(v[t + i], v[t + i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int i = 0; i < 4; i++) {
        *(loose *)(to + (size_t)i * other) = TAKE(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *(loose *)(to + (size_t)(i + 4) * other) = TAKE(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#undef TAKE
#else
    for (int i = 0; i < LANES; i++)
        for (int t = 0; t < LANES; t++)
            to[(size_t)i * other + t] = from[(size_t)t * stride + i];
#endif
}

/* Write the sums of several vectors side by side. */
INLINED void sums_of_lanes(wide *v, wide *sums)
{
#if LANES == 8 && (defined(__clang__) || __GNUC__ >= 12)
#define HALVES(a, b, ...) (__builtin_shufflevector(a, b, __VA_ARGS__))
    for (int t = 0; t < 4; t++)
        v[t] = HALVES(v[2 * t], v[2 * t + 1], 0, 8, 2, 10, 4, 12, 6, 14)
             + HALVES(v[2 * t], v[2 * t + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    for (int t = 0; t < 2; t++)
        v[t] = HALVES(v[2 * t], v[2 * t + 1], 0, 1, 8, 9, 4, 5, 12, 13)
             + HALVES(v[2 * t], v[2 * t + 1], 2, 3, 10, 11, 6, 7, 14, 15);
    *sums = HALVES(v[0], v[1], 0, 1, 2, 3, 8, 9, 10, 11) + HALVES(v[0], v[1], 4, 5, 6, 7, 12, 13, 14, 15);
#undef HALVES
#else
    for (int t = 0; t < LANES; t++)
        LANE(*sums, t) = sum_of_lanes(v + t);
#endif
}

INLINED double largest_lane(const wide *v)
{
    double top = 0.0;
    for (int l = 0; l < LANES; l++)
        if (LANE(*v, l) > top)
            top = LANE(*v, l);
    return top;
}

/* Return the inner product; with `absolute`, of absolute values. */
INLINED double summed(int n, const double *restrict a, const double *restrict b, int absolute)
{
    wide sums[4] = {ZERO, ZERO, ZERO, ZERO};
    int i = 0;
    double rest = 0.0;
    for (; i + 4 * LANES <= n; i += 4 * LANES)
        for (int t = 0; t < 4; t++) {
            wide product = *(const loose *)(a + i + t * LANES) * *(const loose *)(b + i + t * LANES);
            if (absolute)
                for (int l = 0; l < LANES; l++)
                    LANE(product, l) = fabs(LANE(product, l));
            sums[t] += product;
        }
    for (; i < n; i++)
        rest += absolute ? fabs(a[i] * b[i]) : a[i] * b[i];
    sums[0] += sums[1] + (sums[2] + sums[3]);
    return rest + sum_of_lanes(sums);
}

static WIDE double dot(int n, const double *restrict a, const double *restrict b)
{
    return summed(n, a, b, 0);
}

static WIDE double absolute_dot(int n, const double *restrict a, const double *restrict b)
{
    return summed(n, a, b, 1);
}

/* Return the largest absolute value of `a` in the given units. */
static WIDE double largest(int n, const double *restrict a, const double *restrict units)
{
    wide tops[2] = {ZERO, ZERO};
    double top = 0.0;
    int i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES)
        for (int t = 0; t < 2; t++) {
            wide size = *(const loose *)(a + i + t * LANES) * *(const loose *)(units + i + t * LANES);
            for (int l = 0; l < LANES; l++) {
                double value = fabs(LANE(size, l));
                LANE(tops[t], l) = value > LANE(tops[t], l) ? value : LANE(tops[t], l);
            }
        }
    for (; i < n; i++)
        if (fabs(a[i] * units[i]) > top)
            top = fabs(a[i] * units[i]);
    for (int t = 0; t < 2; t++)
        if (largest_lane(tops + t) > top)
            top = largest_lane(tops + t);
    return top;
}

/* Add `share` times `a` to `b`. */
static WIDE void add(int n, double share, const double *restrict a, double *restrict b)
{
    for (int i = 0; i < n; i++)
        b[i] += share * a[i];
}

/* Write `first` times `a` plus `second` times `b`. */
static WIDE void combine(int n, double first, const double *restrict a, double second, const double *restrict b,
                         double *restrict result)
{
    for (int i = 0; i < n; i++)
        result[i] = first * a[i] + second * b[i];
}

#endif
