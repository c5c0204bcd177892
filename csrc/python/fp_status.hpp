// This thread's floating-point status, as NumPy's ufunc machinery treats it: cleared before the loop,
// reported after. On x86-64 only MXCSR is looked at: std::feclearexcept would also rewrite the x87
// environment, which costs more than a small call, and no kernel but longdouble's (never called from here)
// uses the x87.
#pragma once

#include "numpy_api.hpp"

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace leaky_relu::fp_status {

#if defined(__x86_64__) || defined(_M_X64)
constexpr unsigned reported =
    _MM_EXCEPT_INVALID | _MM_EXCEPT_DIV_ZERO | _MM_EXCEPT_OVERFLOW | _MM_EXCEPT_UNDERFLOW;

inline void clear() {
    const unsigned status = _mm_getcsr();
    if (status & reported) _mm_setcsr(status & ~reported);
}

inline int raised() {  // as NPY_FPE_*
    const unsigned status = _mm_getcsr() & reported;
    if (status == 0) return 0;
    return (status & _MM_EXCEPT_DIV_ZERO ? NPY_FPE_DIVIDEBYZERO : 0) |
           (status & _MM_EXCEPT_OVERFLOW ? NPY_FPE_OVERFLOW : 0) |
           (status & _MM_EXCEPT_UNDERFLOW ? NPY_FPE_UNDERFLOW : 0) |
           (status & _MM_EXCEPT_INVALID ? NPY_FPE_INVALID : 0);
}
#else
constexpr int reported = FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW;

inline void clear() {
    if (std::fetestexcept(reported)) std::feclearexcept(reported);
}

inline int raised() {
    const int status = std::fetestexcept(reported);
    return (status & FE_DIVBYZERO ? NPY_FPE_DIVIDEBYZERO : 0) |
           (status & FE_OVERFLOW ? NPY_FPE_OVERFLOW : 0) | (status & FE_UNDERFLOW ? NPY_FPE_UNDERFLOW : 0) |
           (status & FE_INVALID ? NPY_FPE_INVALID : 0);
}
#endif

}  // namespace leaky_relu::fp_status
