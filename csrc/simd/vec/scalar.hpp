// The contract of a Vec, and its plainest form: one lane, standard C++ only.
//
//     Element  what lies in memory        Raw  `lanes` of them
//     Compute  what is multiplied         Reg  `lanes` of them
//
//     broadcast(c)             every lane c, a parameter
//     load(p)                  Raw;  load_parameters(p)  Reg, of Computes
//     load_partial(p, n), load_parameters_partial(p, n)
//                              the first n < lanes, n > 0; the idle lanes repeat the first element, so that
//                              whatever is computed in them raises what is raised anyway (no constant would do:
//                              think of 1 * scale + bias)
//     store(p, r), store_partial(p, r, n)     rounded to nearest even; nothing beyond n is touched
//     stream(p, r), fence()    store past the caches, p aligned to a register; make such stores visible
//     widen(raw)               to Compute, exactly
//     select_positive<c>(x, r) c, which is 0 or 1, where the Raw x > 0 or the bit of the Signs x is set, else r. Raws
//                              are compared as integers (positive and not NaN is one unsigned comparison): no
//                              NaN raises a flag, and subnormals count whatever the hardware is set to make of
//                              them. Of Signs, bits beyond the lanes do not count
//     factor(x, r)             1 where the Reg x > 0, else r; x is multiplied by it, so a NaN may count as either
//     signs(raw)               the Signs of a Raw; bits beyond the lanes are clear
//     multiply(a, b), add(a, b)               rounded once, in Compute
//     rounded(r)               what is in memory once r is stored
//
//     Wide     what is summed: float64, for longdouble itself        Sums  `lanes` of them
//
//     load_sums(p), store_sums(p, s)          in the order of the elements
//     add_products(s, a, b)    s + a * b in Wide, the product rounded first (of float32 it is exact)
//     add_to(s, a)             s + a in Wide
#pragma once

#include <cmath>
#include <type_traits>

#include "../../half.hpp"
#include "../../kernel_table.hpp"

namespace leaky_relu {
namespace {

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
    static Reg load_strided(const Compute* p, std::ptrdiff_t) { return *p; }
    static Reg load_parameters(const Compute* p) { return *p; }
    // GCOVR_EXCL_START: a register of one lane is never partial
    static Reg load_partial(const Compute* p, std::size_t) { return *p; }
    static Reg load_parameters_partial(const Compute* p, std::size_t) { return *p; }
    // GCOVR_EXCL_STOP
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
    static Reg factor(Reg x, Reg slope) { return select(is_positive(x), Reg(1), slope); }
    static Signs signs(Raw x) { return {is_positive(x)}; }
    static Reg multiply(Reg a, Reg b) { return a * b; }
    static Reg add(Reg a, Reg b) { return a + b; }
    static Reg rounded(Reg r) { return r; }

    using Wide = std::conditional_t<(sizeof(T) > sizeof(double)), T, double>;
    using Sums = Wide;
    static Sums load_sums(const Wide* p) { return *p; }
    static void store_sums(Wide* p, Sums s) { *p = s; }
    static Sums add_products(Sums s, Reg a, Reg b) { return s + Wide(a) * Wide(b); }
    static Sums add_to(Sums s, Reg a) { return s + Wide(a); }
};

template <class T>
struct WidenedVec : Vec<float> {
    using Element = T;
    using Raw = T;
    static Raw load(const T* p) { return *p; }
    static Raw load_partial(const T* p, std::size_t) { return *p; }  // GCOVR_EXCL_LINE: as above
    static void store(T* p, Reg r) { *p = narrow(T{}, r); }
    static void stream(T* p, Reg r) { store(p, r); }
    static void store_partial(T*, Reg, std::size_t) {}
    static Reg widen(Raw x) { return leaky_relu::widen(x); }
    static Reg rounded(Reg r) { return leaky_relu::widen(narrow(T{}, r)); }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {
        return select(is_positive(x), Reg(constant), r);
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        return Vec<float>::select_positive<constant>(x, r);
    }
    static Signs signs(Raw x) { return {is_positive(x)}; }
};
template <>
struct Vec<Half> : WidenedVec<Half> {};
template <>
struct Vec<BFloat16> : WidenedVec<BFloat16> {};

}  // namespace
}  // namespace leaky_relu
