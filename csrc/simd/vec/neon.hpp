// Vec (see scalar.hpp) for AArch64's Advanced SIMD (NEON): 128-bit registers.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "../../half.hpp"
#include "../../kernel_table.hpp"

namespace leaky_relu {
namespace {

template <class T>
struct Vec;

alignas(16) constexpr std::uint32_t lane_bits[4] = {1, 2, 4, 8};  // of Signs

// NEON has no masks: a partial register goes through memory, one element at a time.
template <class V>
struct Partial {
    template <class T>
    static auto load_partial(const T* p, std::size_t n) {
        T buffer[V::lanes];
        for (std::size_t i = 0; i < V::lanes; ++i) buffer[i] = p[i < n ? i : 0];
        return V::load(buffer);
    }
    template <class T, class Reg>
    static void store_partial(T* p, Reg r, std::size_t n) {
        T buffer[V::lanes];
        V::store(buffer, r);
        for (std::size_t i = 0; i < n; ++i) p[i] = buffer[i];
    }
};

template <>
struct Vec<float> : Partial<Vec<float>> {
    using Element = float;
    using Compute = float;
    using Raw = uint32x4_t;
    using Reg = float32x4_t;
    static constexpr std::size_t lanes = 4;

    static Reg broadcast(Compute c) { return vdupq_n_f32(c); }
    static Raw load(const float* p) { return vreinterpretq_u32_f32(vld1q_f32(p)); }
    static Reg load_parameters(const float* p) { return vld1q_f32(p); }
    static Reg load_parameters_partial(const float* p, std::size_t n) { return widen(load_partial(p, n)); }
    static void store(float* p, Reg r) { vst1q_f32(p, r); }
    static void stream(float* p, Reg r) { store(p, r); }  // there is no intrinsic
    static void fence() {}
    static Reg widen(Raw x) { return vreinterpretq_f32_u32(x); }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {
        const uint32x4_t below = vsubq_u32(x, vdupq_n_u32(1));
        return vbslq_f32(vcltq_u32(below, vdupq_n_u32(0x7f800000)), broadcast(constant), r);
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        return vbslq_f32(vtstq_u32(vdupq_n_u32(x.bits), places()), broadcast(constant), r);
    }
    static Signs signs(Raw x) {
        const uint32x4_t below = vsubq_u32(x, vdupq_n_u32(1));
        return {vaddvq_u32(vandq_u32(vcltq_u32(below, vdupq_n_u32(0x7f800000)), places()))};
    }
    static Reg factor(Reg x, Reg slope) {
        return vbslq_f32(vcgtzq_s32(vreinterpretq_s32_f32(x)), broadcast(1), slope);
    }
    static Reg multiply(Reg a, Reg b) { return vmulq_f32(a, b); }
    static Reg add(Reg a, Reg b) { return vaddq_f32(a, b); }
    static Reg rounded(Reg r) { return r; }

    using Wide = double;
    struct Sums {
        float64x2_t low, high;
    };
    static Sums load_sums(const double* p) { return {vld1q_f64(p), vld1q_f64(p + 2)}; }
    static void store_sums(double* p, Sums s) {
        vst1q_f64(p, s.low);
        vst1q_f64(p + 2, s.high);
    }
    static Sums add_products(Sums s, Reg a, Reg b) {
        const float64x2_t low = vmulq_f64(vcvt_f64_f32(vget_low_f32(a)), vcvt_f64_f32(vget_low_f32(b)));
        const float64x2_t high = vmulq_f64(vcvt_high_f64_f32(a), vcvt_high_f64_f32(b));
        return {vaddq_f64(s.low, low), vaddq_f64(s.high, high)};
    }
    static Sums add_to(Sums s, Reg a) {
        return {vaddq_f64(s.low, vcvt_f64_f32(vget_low_f32(a))), vaddq_f64(s.high, vcvt_high_f64_f32(a))};
    }

  private:
    static uint32x4_t places() { return vld1q_u32(lane_bits); }
};

template <>
struct Vec<double> : Partial<Vec<double>> {
    using Element = double;
    using Compute = double;
    using Raw = uint64x2_t;
    using Reg = float64x2_t;
    static constexpr std::size_t lanes = 2;

    static Reg broadcast(Compute c) { return vdupq_n_f64(c); }
    static Raw load(const double* p) { return vreinterpretq_u64_f64(vld1q_f64(p)); }
    static Raw load_strided(const double* p, std::ptrdiff_t step) {
        return vreinterpretq_u64_f64(vcombine_f64(vld1_f64(p), vld1_f64(at_step(p, step))));
    }
    static Reg load_parameters(const double* p) { return vld1q_f64(p); }
    static Reg load_parameters_partial(const double* p, std::size_t n) { return widen(load_partial(p, n)); }
    static void store(double* p, Reg r) { vst1q_f64(p, r); }
    static void stream(double* p, Reg r) { store(p, r); }
    static void fence() {}
    static Reg widen(Raw x) { return vreinterpretq_f64_u64(x); }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {
        const uint64x2_t below = vsubq_u64(x, vdupq_n_u64(1));
        return vbslq_f64(vcltq_u64(below, vdupq_n_u64(0x7ff0000000000000)), broadcast(constant), r);
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        return vbslq_f64(vtstq_u64(vdupq_n_u64(x.bits), places()), broadcast(constant), r);
    }
    static Signs signs(Raw x) {
        const uint64x2_t below = vsubq_u64(x, vdupq_n_u64(1));
        const uint64x2_t positive = vcltq_u64(below, vdupq_n_u64(0x7ff0000000000000));
        return {unsigned(vaddvq_u64(vandq_u64(positive, places())))};
    }
    static Reg factor(Reg x, Reg slope) {
        return vbslq_f64(vcgtzq_s64(vreinterpretq_s64_f64(x)), broadcast(1), slope);
    }
    static Reg multiply(Reg a, Reg b) { return vmulq_f64(a, b); }
    static Reg add(Reg a, Reg b) { return vaddq_f64(a, b); }
    static Reg rounded(Reg r) { return r; }

    using Wide = double;
    using Sums = float64x2_t;
    static Sums load_sums(const double* p) { return vld1q_f64(p); }
    static void store_sums(double* p, Sums s) { vst1q_f64(p, s); }
    static Sums add_products(Sums s, Reg a, Reg b) { return vaddq_f64(s, vmulq_f64(a, b)); }
    static Sums add_to(Sums s, Reg a) { return vaddq_f64(s, a); }

  private:
    static uint64x2_t places() { return vmovl_u32(vld1_u32(lane_bits)); }
};

inline float32x4_t widen(Half, uint16x4_t bits) { return vcvt_f32_f16(vreinterpret_f16_u16(bits)); }
inline uint16x4_t narrow(Half, float32x4_t r) { return vreinterpret_u16_f16(vcvt_f16_f32(r)); }

inline float32x4_t widen(BFloat16, uint16x4_t bits) { return vreinterpretq_f32_u32(vshll_n_u16(bits, 16)); }
inline uint16x4_t narrow(BFloat16, float32x4_t r) {  // in integers, as in scalar.hpp
    const uint32x4_t bits = vreinterpretq_u32_f32(r);
    const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
    const uint32x4_t rounded = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
    const uint32x4_t nan = vcgtq_u32(vandq_u32(bits, vdupq_n_u32(0x7fffffff)), vdupq_n_u32(0x7f800000));
    return vshrn_n_u32(vbslq_u32(nan, bits, rounded), 16);  // a NaN is quiet already: a product
}

inline uint16x4_t infinity(Half) { return vdup_n_u16(0x7c00); }
inline uint16x4_t infinity(BFloat16) { return vdup_n_u16(0x7f80); }

template <class T>
struct WidenedVec : Vec<float>, Partial<WidenedVec<T>> {
    using Element = T;
    using Raw = uint16x4_t;
    using Partial<WidenedVec<T>>::load_partial, Partial<WidenedVec<T>>::store_partial;

    static Raw load(const T* p) { return vld1_u16(reinterpret_cast<const std::uint16_t*>(p)); }
    static void store(T* p, Reg r) { vst1_u16(reinterpret_cast<std::uint16_t*>(p), narrow(T{}, r)); }
    static void stream(T* p, Reg r) { store(p, r); }
    static Reg widen(Raw x) { return leaky_relu::widen(T{}, x); }
    static Reg rounded(Reg r) { return widen(narrow(T{}, r)); }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {  // converting would raise invalid for a signalling NaN
        return vbslq_f32(vreinterpretq_u32_s32(vmovl_s16(vreinterpret_s16_u16(positive(x)))),
                         broadcast(constant), r);
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        return Vec<float>::select_positive<constant>(x, r);
    }
    static Signs signs(Raw x) { return {vaddv_u16(vand_u16(positive(x), vmovn_u32(vld1q_u32(lane_bits))))}; }

  private:
    static uint16x4_t positive(Raw x) { return vclt_u16(vsub_u16(x, vdup_n_u16(1)), infinity(T{})); }
};
template <>
struct Vec<Half> : WidenedVec<Half> {};
template <>
struct Vec<BFloat16> : WidenedVec<BFloat16> {};

}  // namespace
}  // namespace leaky_relu
