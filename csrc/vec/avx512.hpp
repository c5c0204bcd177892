// Vec (see scalar.hpp) for AVX-512 F, BW, VL and DQ (Skylake-SP, Zen 4 and later): 512-bit registers.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "../kernel_table.hpp"

namespace leaky_relu {
namespace {

inline unsigned first(std::size_t n) { return (1u << n) - 1; }

template <class T>
struct Vec;

template <>
struct Vec<float> {
    using Element = float;
    using Compute = float;
    using Reg = __m512;
    static constexpr std::size_t lanes = 16;

    static Reg broadcast(Compute c) { return _mm512_set1_ps(c); }
    static Reg load(const float* p) { return _mm512_loadu_ps(p); }
    static Reg load_partial(const float* p, std::size_t n) {
        return _mm512_mask_loadu_ps(broadcast(1), __mmask16(first(n)), p);
    }
    static void store(float* p, Reg r) { _mm512_storeu_ps(p, r); }
    static void stream(float* p, Reg r) { _mm512_stream_ps(p, r); }
    static void fence() { _mm_sfence(); }
    static void store_partial(float* p, Reg r, std::size_t n) {
        _mm512_mask_storeu_ps(p, __mmask16(first(n)), r);
    }
    static Reg select_positive(Reg x, Reg a, Reg b) {
        return _mm512_mask_mov_ps(b, _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ), a);
    }
    static Reg multiply(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
};

template <>
struct Vec<double> {
    using Element = double;
    using Compute = double;
    using Reg = __m512d;
    static constexpr std::size_t lanes = 8;

    static Reg broadcast(Compute c) { return _mm512_set1_pd(c); }
    static Reg load(const double* p) { return _mm512_loadu_pd(p); }
    static Reg load_partial(const double* p, std::size_t n) {
        return _mm512_mask_loadu_pd(broadcast(1), __mmask8(first(n)), p);
    }
    static void store(double* p, Reg r) { _mm512_storeu_pd(p, r); }
    static void stream(double* p, Reg r) { _mm512_stream_pd(p, r); }
    static void fence() { _mm_sfence(); }
    static void store_partial(double* p, Reg r, std::size_t n) {
        _mm512_mask_storeu_pd(p, __mmask8(first(n)), r);
    }
    static Reg select_positive(Reg x, Reg a, Reg b) {
        return _mm512_mask_mov_pd(b, _mm512_cmp_pd_mask(x, _mm512_setzero_pd(), _CMP_GT_OQ), a);
    }
    static Reg multiply(Reg a, Reg b) { return _mm512_mul_pd(a, b); }
};

inline __m512 widen(Half, __m256i bits) { return _mm512_cvtph_ps(bits); }
inline __m256i narrow(Half, __m512 r) { return _mm512_cvtps_ph(r, _MM_FROUND_TO_NEAREST_INT); }

inline __m512 widen(BFloat16, __m256i bits) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
// In integers, as in scalar.hpp: AVX512-BF16's own conversion takes subnormals for zero.
inline __m256i narrow(BFloat16, __m512 r) {
    const __m512i bits = _mm512_castps_si512(r);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __mmask16 number = _mm512_cmp_ps_mask(r, r, _CMP_ORD_Q);  // a NaN is quiet already: a product
    const __m512i rounded =
        _mm512_mask_add_epi32(bits, number, bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
}

template <class T>
struct WidenedVec : Vec<float> {
    using Element = T;
    using Vec<float>::load, Vec<float>::load_partial;

    static Reg load(const T* p) {
        return widen(T{}, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    }
    static Reg load_partial(const T* p, std::size_t n) {
        return widen(T{}, _mm256_mask_loadu_epi16(_mm256_set1_epi16(T::one), __mmask16(first(n)), p));
    }
    static void store(T* p, Reg r) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), narrow(T{}, r)); }
    static void stream(T* p, Reg r) { _mm256_stream_si256(reinterpret_cast<__m256i*>(p), narrow(T{}, r)); }
    static void store_partial(T* p, Reg r, std::size_t n) {
        _mm256_mask_storeu_epi16(p, __mmask16(first(n)), narrow(T{}, r));
    }
};
template <>
struct Vec<Half> : WidenedVec<Half> {};
template <>
struct Vec<BFloat16> : WidenedVec<BFloat16> {};

}  // namespace
}  // namespace leaky_relu
