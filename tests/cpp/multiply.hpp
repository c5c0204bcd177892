// float32 multiplication in integers: what a kernel's product is checked against shares no instruction with it.
#pragma once

#include <bit>
#include <cstdint>

namespace integers {

constexpr std::uint32_t infinity = 0x7f800000, quiet_nan = 0x7fc00000;

inline bool is_nan(std::uint32_t bits) { return (bits & 0x7fffffff) > infinity; }
inline bool is_positive(std::uint32_t bits) { return bits - 1 < infinity; }  // not zero, not NaN, no sign

struct Number {
    std::uint32_t significand;  // 24 bits, the first of them set
    int exponent;               // of the last one
};
inline Number normalised(std::uint32_t magnitude) {
    const std::uint32_t fraction = magnitude & 0x7fffff, biased = magnitude >> 23;
    if (biased) return {fraction | 0x800000, int(biased) - 150};
    const int shift = std::countl_zero(fraction) - 8;
    return {fraction << shift, -149 - shift};
}

// To nearest, ties to even; any NaN is the quiet one.
inline std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
    const std::uint32_t sign = (a ^ b) & 0x80000000, x = a & 0x7fffffff, y = b & 0x7fffffff;
    if (x > infinity || y > infinity) return quiet_nan;
    if (x == infinity || y == infinity) return x && y ? sign | infinity : quiet_nan;
    if (!x || !y) return sign;
    const Number p = normalised(x), q = normalised(y);
    const std::uint64_t product = std::uint64_t(p.significand) * q.significand;
    const int exponent = p.exponent + q.exponent, width = std::bit_width(product);
    // The last bit that is kept: that of 24, or 2^-149.
    const int last = exponent + width - 24 > -149 ? exponent + width - 24 : -149, dropped = last - exponent;
    if (dropped > 62) return sign;
    const std::uint64_t half = std::uint64_t(1) << (dropped - 1), rest = product & (2 * half - 1);
    std::uint64_t kept = product >> dropped;
    kept += rest > half || (rest == half && (kept & 1));
    // A carry into the next power of two, or the first normal number, comes out right by itself.
    const std::uint64_t result = kept + (last > -149 ? std::uint64_t(last + 149) << 23 : 0);
    return sign | std::uint32_t(result < infinity ? result : infinity);
}

}  // namespace integers
