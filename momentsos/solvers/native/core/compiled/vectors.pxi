"""A point of the embedding, and the few operations on vectors that the iteration needs."""


cdef struct Point:
    double *free
    double *slack
    double *gram
    double tau
    double kappa


cdef extern from "vectors.h" nogil:
    enum:
        LANES
    int PADDED(int n)
    double dot(int n, const double* a, const double* b)
    double absolute_dot(int n, const double* a, const double* b)
    double largest(int n, const double* a, const double* units)
    void add(int n, double share, const double* a, double* b)
    void combine(int n, double first, const double* a, double second, const double* b, double* result)
