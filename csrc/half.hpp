// The 16-bit types and their conversions, in integers and standard C++. They have no arithmetic of their own:
// they are widened to float32, computed there, and rounded once.
#pragma once

#include <cstdint>
#include <cstring>

namespace leaky_relu {

struct Half {
    std::uint16_t bits;
};
struct BFloat16 {
    std::uint16_t bits;
};

// Internal linkage: files of simd/ are compiled for other CPUs, and the linker must not exchange their copies.
namespace {

template <class To, class From>
To bit_cast(From value) {
    static_assert(sizeof(To) == sizeof(From));
    To result;
    std::memcpy(&result, &value, sizeof result);
    return result;
}

// IEEE 754 binary16. The one multiplication is exact; a signalling NaN stays one and raises nothing.
inline float widen(Half h) {
    const std::uint32_t sign = std::uint32_t(h.bits & 0x8000u) << 16, magnitude = h.bits & 0x7fffu;
    if (magnitude < 0x0400) {  // zero or subnormal: a multiple of 2^-24
        return bit_cast<float>(sign | bit_cast<std::uint32_t>(float(std::int32_t(magnitude)) * 0x1p-24f));
    }
    const std::uint32_t rebias = magnitude < 0x7c00 ? (127 - 15) << 23 : (255 - 31) << 23;
    return bit_cast<float>(sign | ((magnitude << 13) + rebias));
}

inline void raise_by_squaring(float value) {
    volatile float x = value;
    x = x * x;
}

// Rounds to nearest even. The flags are raised by arithmetic that does the same to a float32.
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

}  // namespace
}  // namespace leaky_relu
