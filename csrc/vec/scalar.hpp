// The contract of a Vec, and its plainest form: one lane, standard C++ only.
//
//     Element  what lies in memory        Raw  `lanes` of them
//     Compute  what is multiplied         Reg  `lanes` of them
//
//     broadcast(c)             every lane c
//     load(p)                  Raw;  load_slopes(p)  Reg, of Computes
//     load_partial(p, n), load_slopes_partial(p, n)
//                              the first n < lanes; the idle lanes hold 1, which no operation here can make
//                              raise a flag (0 would: times an infinite slope it is invalid)
//     store(p, r), store_partial(p, r, n)     rounded to nearest even; nothing beyond n is touched
//     stream(p, r), fence()    store past the caches, p aligned to a register; make such stores visible
//     widen(raw)               to Compute, exactly
//     select_positive<c>(x, r) c, which is 0 or 1, where x > 0, else r. No NaN in a Raw raises a flag: where the
//                              hardware's comparison would, it is compared as integers (positive and not NaN is one
//                              unsigned comparison). A Reg is multiplied as well, so there a signalling NaN may raise
//                              invalid, but not a quiet one. Signs are not compared; bits beyond the lanes do not count
//     signs(raw)               the Signs of a Raw that is multiplied as well; bits beyond the lanes are clear
//     multiply(a, b)           rounded once, in Compute
//
//     Wide     what is summed: float64, for longdouble itself        Sums  `lanes` of them
//
//     load_sums(p), store_sums(p, s)          in the order of the elements
//     add_products(s, a, b)    s + a * b in Wide, the product rounded first (of float32 it is exact)
#pragma once

#include <cmath>
#include <cstring>
#include <type_traits>

#include "../kernel_table.hpp"

namespace leaky_relu {
namespace {

template <class To, class From>
To bit_cast(From value) {
    static_assert(sizeof(To) == sizeof(From));
    To result;
    std::memcpy(&result, &value, sizeof result);
    return result;
}

inline bool is_positive(Half x) { return std::uint16_t(x.bits - 1) < 0x7c00; }
inline bool is_positive(BFloat16 x) { return std::uint16_t(x.bits - 1) < 0x7f80; }
inline bool is_positive(float x) { return bit_cast<std::uint32_t>(x) - 1 < 0x7f800000u; }
inline bool is_positive(double x) { return bit_cast<std::uint64_t>(x) - 1 < 0x7ff0000000000000u; }
inline bool is_positive(long double x) {  // isgreater alone is not quiet for Clang's 128 bits on Arm
    return !std::isnan(x) && std::isgreater(x, 0.0L);
}

// Without a branch, which on signs without a pattern would be mispredicted half the time.
inline float select(bool c, float a, float b) {
    const auto b_bits = bit_cast<std::uint32_t>(b);
    return bit_cast<float>(b_bits ^ ((bit_cast<std::uint32_t>(a) ^ b_bits) & (0 - std::uint32_t(c))));
}
inline double select(bool c, double a, double b) {
    const auto b_bits = bit_cast<std::uint64_t>(b);
    return bit_cast<double>(b_bits ^ ((bit_cast<std::uint64_t>(a) ^ b_bits) & (0 - std::uint64_t(c))));
}
inline long double select(bool c, long double a, long double b) { return c ? a : b; }

template <class T>
struct Vec {
    using Element = T;
    using Compute = T;
    using Raw = T;
    using Reg = T;
    static constexpr std::size_t lanes = 1;

    static Reg broadcast(Compute c) { return c; }
    static Reg load(const Compute* p) { return *p; }
    static Reg load_partial(const Compute*, std::size_t) { return 1; }
    static Reg load_slopes(const Compute* p) { return *p; }
    static Reg load_slopes_partial(const Compute*, std::size_t) { return 1; }
    static void store(Compute* p, Reg r) { *p = r; }
    static void stream(Compute* p, Reg r) { store(p, r); }
    static void fence() {}
    static void store_partial(Compute*, Reg, std::size_t) {}
    static Reg widen(Raw x) { return x; }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {
        return select(is_positive(x), Reg(constant), r);
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        return select(x.bits & 1, Reg(constant), r);
    }
    static Signs signs(Raw x) { return {is_positive(x)}; }
    static Reg multiply(Reg a, Reg b) { return a * b; }

    using Wide = std::conditional_t<(sizeof(T) > sizeof(double)), T, double>;
    using Sums = Wide;
    static Sums load_sums(const Wide* p) { return *p; }
    static void store_sums(Wide* p, Sums s) { *p = s; }
    static Sums add_products(Sums s, Reg a, Reg b) { return s + Wide(a) * Wide(b); }
};

// IEEE 754 binary16 in integers; the flags are raised by arithmetic that does the same to a float.
inline float widen(Half h) {
    const std::uint32_t sign = std::uint32_t(h.bits & 0x8000u) << 16, magnitude = h.bits & 0x7fffu;
    if (magnitude < 0x0400) {  // zero or subnormal: a multiple of 2^-24, exact in float32
        return bit_cast<float>(sign | bit_cast<std::uint32_t>(float(std::int32_t(magnitude)) * 0x1p-24f));
    }
    const std::uint32_t rebias = magnitude < 0x7c00 ? (127 - 15) << 23 : (255 - 31) << 23;
    return bit_cast<float>(sign | ((magnitude << 13) + rebias));
}

inline void raise_by_squaring(float value) {
    volatile float x = value;
    x = x * x;
}

inline Half narrow(Half, float value) {
    // IEEE 754-2019, 7.5 lets hardware detect tininess before (Arm) or after rounding (x86); agree with it.
#if defined(__aarch64__) || defined(_M_ARM64)
    constexpr std::uint32_t tiny_below = 0x38800000;  // 2^-14
#else
    constexpr std::uint32_t tiny_below = 0x387ff000;  // 2^-14 - 2^-26, from where 11 bits round up to 2^-14
#endif
    const std::uint32_t bits = bit_cast<std::uint32_t>(value), magnitude = bits & 0x7fffffffu;
    const std::uint32_t sign = (bits >> 16) & 0x8000u;
    std::uint32_t result;
    if (magnitude > 0x7f800000) {  // NaN, quiet after the multiplication; keep the upper payload
        result = 0x7e00u | ((magnitude >> 13) & 0x3ffu);
    } else if (magnitude >= 0x477ff000) {  // 65520 and above rounds to infinity
        if (magnitude < 0x7f800000) raise_by_squaring(0x1p127f);
        result = 0x7c00u;
    } else if (magnitude >= 0x38800000) {  // normal: drop 13 bits, ties to even
        result = (magnitude - ((127 - 15) << 23) + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
    } else {  // subnormal: a multiple of 2^-24; everything up to 2^-25 rounds to zero
        const std::uint32_t exponent = magnitude >> 23, shift = exponent < 102 ? 31 : 126 - exponent;
        const std::uint32_t significand = exponent ? (magnitude & 0x7fffffu) | 0x800000u : magnitude;
        result = (significand + (1u << (shift - 1)) - 1 + ((significand >> shift) & 1u)) >> shift;
        if (magnitude < tiny_below && significand & ((1u << shift) - 1)) raise_by_squaring(0x1p-126f);
    }
    return {std::uint16_t(sign | result)};
}

// bfloat16 is the upper half of a float32. Rounding in integers raises nothing: its flags are the product's.
inline float widen(BFloat16 b) { return bit_cast<float>(std::uint32_t(b.bits) << 16); }

inline BFloat16 narrow(BFloat16, float value) {
    const std::uint32_t bits = bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
    const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;  // the carry would run into the sign
    return {std::uint16_t((nan ? bits | 0x400000u : rounded) >> 16)};
}

template <class T>
struct WidenedVec : Vec<float> {
    using Element = T;
    using Raw = T;
    using Vec<float>::select_positive;
    static Raw load(const T* p) { return *p; }
    static Raw load_partial(const T*, std::size_t) { return {T::one}; }
    static void store(T* p, Reg r) { *p = narrow(T{}, r); }
    static void stream(T* p, Reg r) { store(p, r); }
    static void store_partial(T*, Reg, std::size_t) {}
    static Reg widen(Raw x) { return leaky_relu::widen(x); }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {
        return select(is_positive(x), Reg(constant), r);
    }
    static Signs signs(Raw x) { return {is_positive(x)}; }
};
template <>
struct Vec<Half> : WidenedVec<Half> {};
template <>
struct Vec<BFloat16> : WidenedVec<BFloat16> {};

}  // namespace
}  // namespace leaky_relu
