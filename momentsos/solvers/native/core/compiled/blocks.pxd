cdef extern from "eigen.h" nogil:
    size_t eigen_size(int n)
    double smallest_eigenvalue(int n, const double* lower, double high, double* work)

cdef int factor(int s, const double* matrix, double* lower) noexcept nogil
cdef void invert(int s, const double* lower, double* inverse) noexcept nogil
cdef void gram_of_root(int s, const double* root, double* matrix) noexcept nogil
cdef void sandwich(int s, const double* left, const double* middle, const double* right, double* work,
                   double* result) noexcept nogil
cdef double lowest(int s, const double* root, const double* change, double bound, double* work) noexcept nogil
