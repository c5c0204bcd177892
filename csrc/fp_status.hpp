// This thread's floating-point environment: the status flags that NumPy reports, and the modes.
//
// On x86-64 only MXCSR is looked at. <cfenv> would also rewrite the x87 environment, which costs more than a
// small call, and raises overflow and underflow there alone; no kernel but longdouble's, which never comes
// this way, uses the x87.
#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace leaky_relu::fp_status {

#if defined(__x86_64__) || defined(_M_X64)
constexpr unsigned invalid = _MM_EXCEPT_INVALID, divide = _MM_EXCEPT_DIV_ZERO, overflow = _MM_EXCEPT_OVERFLOW,
                   underflow = _MM_EXCEPT_UNDERFLOW;
constexpr unsigned reported = invalid | divide | overflow | underflow;

inline unsigned raised() { return _mm_getcsr() & reported; }
inline void clear() {
    const unsigned csr = _mm_getcsr();
    if (csr & reported) _mm_setcsr(csr & ~reported);
}
inline void raise(unsigned flags) {
    if (flags) _mm_setcsr(_mm_getcsr() | flags);
}

// Intel SDM, vol. 1, 10.2.3.
inline bool denormals_are_zero() { return _mm_getcsr() & 0x0040; }  // GCOVR_EXCL_LINE: asked for AVX-512 only

// Rounding mode, flush-to-zero, denormals-are-zero.
struct Modes {
    unsigned csr = _mm_getcsr() & ~unsigned(_MM_EXCEPT_MASK);
    void adopt() const { _mm_setcsr(csr); }  // and clears the flags
};
#else
constexpr unsigned invalid = FE_INVALID, divide = FE_DIVBYZERO, overflow = FE_OVERFLOW,
                   underflow = FE_UNDERFLOW;
constexpr unsigned reported = invalid | divide | overflow | underflow;

inline unsigned raised() { return unsigned(std::fetestexcept(int(reported))); }
inline void clear() {
    if (raised()) std::feclearexcept(int(reported));
}
inline void raise(unsigned flags) {
    if (flags) std::feraiseexcept(int(flags));
}

inline bool denormals_are_zero() { return false; }  // nothing here heeds it

struct Modes {
    std::fenv_t environment;
    Modes() { std::fegetenv(&environment); }
    void adopt() const {
        std::fesetenv(&environment);
        std::feclearexcept(FE_ALL_EXCEPT);
    }
};
#endif

}  // namespace leaky_relu::fp_status
