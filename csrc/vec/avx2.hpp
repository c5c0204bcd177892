// Vec (see scalar.hpp) for AVX2 and F16C: 256-bit registers.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "../kernel_table.hpp"

namespace leaky_relu {
namespace {

// The first n of 8 (or, read as int64, of 4) lanes: a window on eight set words and eight clear ones.
alignas(64) constexpr std::int32_t window[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
inline __m256i first_words(std::size_t n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(window + 8 - n));
}

template <class T>
struct Vec;

template <>
struct Vec<float> {
    using Element = float;
    using Compute = float;
    using Reg = __m256;
    static constexpr std::size_t lanes = 8;

    static Reg broadcast(Compute c) { return _mm256_set1_ps(c); }
    static Reg load(const float* p) { return _mm256_loadu_ps(p); }
    static Reg load_partial(const float* p, std::size_t n) {
        const __m256i mask = first_words(n);
        return _mm256_blendv_ps(broadcast(1), _mm256_maskload_ps(p, mask), _mm256_castsi256_ps(mask));
    }
    static void store(float* p, Reg r) { _mm256_storeu_ps(p, r); }
    static void stream(float* p, Reg r) { _mm256_stream_ps(p, r); }
    static void fence() { _mm_sfence(); }
    static void store_partial(float* p, Reg r, std::size_t n) { _mm256_maskstore_ps(p, first_words(n), r); }
    static Reg select_positive(Reg x, Reg a, Reg b) {
        return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GT_OQ));
    }
    static Reg multiply(Reg a, Reg b) { return _mm256_mul_ps(a, b); }
};

template <>
struct Vec<double> {
    using Element = double;
    using Compute = double;
    using Reg = __m256d;
    static constexpr std::size_t lanes = 4;

    static Reg broadcast(Compute c) { return _mm256_set1_pd(c); }
    static Reg load(const double* p) { return _mm256_loadu_pd(p); }
    static Reg load_partial(const double* p, std::size_t n) {
        const __m256i mask = first_words(2 * n);
        return _mm256_blendv_pd(broadcast(1), _mm256_maskload_pd(p, mask), _mm256_castsi256_pd(mask));
    }
    static void store(double* p, Reg r) { _mm256_storeu_pd(p, r); }
    static void stream(double* p, Reg r) { _mm256_stream_pd(p, r); }
    static void fence() { _mm_sfence(); }
    static void store_partial(double* p, Reg r, std::size_t n) {
        _mm256_maskstore_pd(p, first_words(2 * n), r);
    }
    static Reg select_positive(Reg x, Reg a, Reg b) {
        return _mm256_blendv_pd(b, a, _mm256_cmp_pd(x, _mm256_setzero_pd(), _CMP_GT_OQ));
    }
    static Reg multiply(Reg a, Reg b) { return _mm256_mul_pd(a, b); }
};

inline __m256 widen(Half, __m128i bits) { return _mm256_cvtph_ps(bits); }
inline __m128i narrow(Half, __m256 r) { return _mm256_cvtps_ph(r, _MM_FROUND_TO_NEAREST_INT); }

inline __m256 widen(BFloat16, __m128i bits) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}
inline __m128i narrow(BFloat16, __m256 r) {  // in integers, as in scalar.hpp
    const __m256i bits = _mm256_castps_si256(r);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    const __m256 nan = _mm256_cmp_ps(r, r, _CMP_UNORD_Q);  // quiet already: a product
    const __m256i chosen =
        _mm256_srli_epi32(_mm256_castps_si256(_mm256_blendv_ps(_mm256_castsi256_ps(rounded), r, nan)), 16);
    return _mm_packus_epi32(_mm256_castsi256_si128(chosen), _mm256_extracti128_si256(chosen, 1));
}

// AVX2 masks no 16-bit elements: a partial register goes through memory.
template <class T>
struct WidenedVec : Vec<float> {
    using Element = T;
    using Vec<float>::load, Vec<float>::load_partial;

    static Reg load(const T* p) { return widen(T{}, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p))); }
    static Reg load_partial(const T* p, std::size_t n) {
        alignas(16) T buffer[lanes];
        for (std::size_t i = 0; i < lanes; ++i) buffer[i] = i < n ? p[i] : T{T::one};
        return load(buffer);
    }
    static void store(T* p, Reg r) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), narrow(T{}, r)); }
    static void stream(T* p, Reg r) { _mm_stream_si128(reinterpret_cast<__m128i*>(p), narrow(T{}, r)); }
    static void store_partial(T* p, Reg r, std::size_t n) {
        alignas(16) T buffer[lanes];
        store(buffer, r);
        for (std::size_t i = 0; i < n; ++i) p[i] = buffer[i];
    }
};
template <>
struct Vec<Half> : WidenedVec<Half> {};
template <>
struct Vec<BFloat16> : WidenedVec<BFloat16> {};

}  // namespace
}  // namespace leaky_relu
