// Vec (see scalar.hpp) for AVX-512 F, BW, VL and DQ (Skylake-SP, Zen 4 and later): 512-bit registers.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "../../kernel_table.hpp"
#include "even_odd.hpp"

namespace leaky_relu {
namespace {

inline unsigned first(std::size_t n) { return (1u << n) - 1; }

// What fixupimm puts in a lane, a digit for each class of x: quiet NaN (the lowest), signalling NaN, zero, one,
// -infinity, infinity, other negative, other positive. 0 leaves the lane, 8 is zero, 10 is one. It classifies and
// selects in one instruction where a comparison and a blend are two, and it raises nothing.
template <int constant>
constexpr int where_positive = int(0x10101000u * (constant ? 10 : 8));

template <class T>
struct Vec;

template <>
struct Vec<float> {
    using Element = float;
    using Compute = float;
    using Raw = __m512i;
    using Reg = __m512;
    static constexpr std::size_t lanes = 16;

    static Reg broadcast(Compute c) { return _mm512_set1_ps(c); }
    static Raw load(const float* p) { return _mm512_castps_si512(load_parameters(p)); }
    static Raw load_partial(const float* p, std::size_t n) {
        return _mm512_castps_si512(load_parameters_partial(p, n));
    }
    static Reg load_parameters(const float* p) { return _mm512_loadu_ps(p); }
    static Reg load_parameters_partial(const float* p, std::size_t n) {
        return load_parameters_partial(p, n, *p);
    }
    static Reg load_parameters_partial(const float* p, std::size_t n, float idle) {
        return _mm512_mask_loadu_ps(broadcast(idle), __mmask16(first(n)), p);
    }
    static void store(float* p, Reg r) { _mm512_storeu_ps(p, r); }
    static void stream(float* p, Reg r) { _mm512_stream_ps(p, r); }
    static void fence() { _mm_sfence(); }
    static void store_partial(float* p, Reg r, std::size_t n) {
        _mm512_mask_storeu_ps(p, __mmask16(first(n)), r);
    }
    static Reg widen(Raw x) { return _mm512_castsi512_ps(x); }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {
        return _mm512_fixupimm_ps(r, widen(x), _mm512_set1_epi32(where_positive<constant>), 0);
    }
    static Reg factor(Reg x, Reg slope) {
        return _mm512_fixupimm_ps(slope, x, _mm512_set1_epi32(where_positive<1>), 0);
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        return _mm512_mask_mov_ps(r, __mmask16(x.bits), broadcast(constant));
    }
    static Signs signs(Raw x) { return {_mm512_cmp_ps_mask(widen(x), _mm512_setzero_ps(), _CMP_GT_OQ)}; }
    static Reg multiply(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
    static Reg add(Reg a, Reg b) { return _mm512_add_ps(a, b); }
    static Reg rounded(Reg r) { return r; }

    using Wide = double;
    struct Sums {
        __m512d low, high;
    };
    static Sums load_sums(const double* p) { return {_mm512_loadu_pd(p), _mm512_loadu_pd(p + 8)}; }
    static void store_sums(double* p, Sums s) {
        _mm512_storeu_pd(p, s.low);
        _mm512_storeu_pd(p + 8, s.high);
    }
    static Sums add_products(Sums s, Reg a, Reg b) {
        return {_mm512_add_pd(s.low, _mm512_mul_pd(low(a), low(b))),
                _mm512_add_pd(s.high, _mm512_mul_pd(high(a), high(b)))};
    }
    static Sums add_to(Sums s, Reg a) {
        return {_mm512_add_pd(s.low, low(a)), _mm512_add_pd(s.high, high(a))};
    }

  private:
    static __m512d low(Reg r) { return _mm512_cvtps_pd(_mm512_castps512_ps256(r)); }
    static __m512d high(Reg r) { return _mm512_cvtps_pd(_mm512_extractf32x8_ps(r, 1)); }
};

template <>
struct Vec<double> {
    using Element = double;
    using Compute = double;
    using Raw = __m512i;
    using Reg = __m512d;
    static constexpr std::size_t lanes = 8;

    static Reg broadcast(Compute c) { return _mm512_set1_pd(c); }
    static Raw load(const double* p) { return _mm512_castpd_si512(load_parameters(p)); }
    static Raw load_strided(const double* p, std::ptrdiff_t step) {
        const auto at = [&](int i) { return *at_step(p, i * step); };
        return _mm512_castpd_si512(_mm512_setr_pd(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)));
    }
    static Raw load_partial(const double* p, std::size_t n) {
        return _mm512_castpd_si512(load_parameters_partial(p, n));
    }
    static Reg load_parameters(const double* p) { return _mm512_loadu_pd(p); }
    static Reg load_parameters_partial(const double* p, std::size_t n) {
        return _mm512_mask_loadu_pd(broadcast(*p), __mmask8(first(n)), p);
    }
    static void store(double* p, Reg r) { _mm512_storeu_pd(p, r); }
    static void stream(double* p, Reg r) { _mm512_stream_pd(p, r); }
    static void fence() { _mm_sfence(); }
    static void store_partial(double* p, Reg r, std::size_t n) {
        _mm512_mask_storeu_pd(p, __mmask8(first(n)), r);
    }
    static Reg widen(Raw x) { return _mm512_castsi512_pd(x); }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {
        return _mm512_fixupimm_pd(r, widen(x), _mm512_set1_epi64(where_positive<constant>), 0);
    }
    static Reg factor(Reg x, Reg slope) {
        return _mm512_fixupimm_pd(slope, x, _mm512_set1_epi64(where_positive<1>), 0);
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        return _mm512_mask_mov_pd(r, __mmask8(x.bits), broadcast(constant));
    }
    static Signs signs(Raw x) { return {_mm512_cmp_pd_mask(widen(x), _mm512_setzero_pd(), _CMP_GT_OQ)}; }
    static Reg multiply(Reg a, Reg b) { return _mm512_mul_pd(a, b); }
    static Reg add(Reg a, Reg b) { return _mm512_add_pd(a, b); }
    static Reg rounded(Reg r) { return r; }

    using Wide = double;
    using Sums = __m512d;
    static Sums load_sums(const double* p) { return _mm512_loadu_pd(p); }
    static void store_sums(double* p, Sums s) { _mm512_storeu_pd(p, s); }
    static Sums add_products(Sums s, Reg a, Reg b) { return _mm512_add_pd(s, _mm512_mul_pd(a, b)); }
    static Sums add_to(Sums s, Reg a) { return _mm512_add_pd(s, a); }
};

template <>
struct Vec<Half> : Vec<float> {
    using Element = Half;
    using Raw = __m256i;

    static Raw load(const Half* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    static Raw load_partial(const Half* p, std::size_t n) {
        return _mm256_mask_loadu_epi16(_mm256_set1_epi16(short(p->bits)), __mmask16(first(n)), p);
    }
    static Reg widen(Raw x) { return _mm512_cvtph_ps(x); }
    static Reg rounded(Reg r) { return widen(narrow(r)); }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {  // converting would raise invalid for a signalling NaN
        return select_positive<constant>(signs(x), r);
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        return Vec<float>::select_positive<constant>(x, r);
    }
    static Signs signs(Raw x) {
        const __m256i below = _mm256_sub_epi16(x, _mm256_set1_epi16(1));
        return {_mm256_cmplt_epu16_mask(below, _mm256_set1_epi16(0x7c00))};
    }
    static void store(Half* p, Reg r) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), narrow(r)); }
    static void stream(Half* p, Reg r) { _mm256_stream_si256(reinterpret_cast<__m256i*>(p), narrow(r)); }
    static void store_partial(Half* p, Reg r, std::size_t n) {
        _mm256_mask_storeu_epi16(p, __mmask16(first(n)), narrow(r));
    }

  private:
    static __m256i narrow(Reg r) { return _mm512_cvtps_ph(r, _MM_FROUND_TO_NEAREST_INT); }
};

template <>
struct Vec<BFloat16> : EvenOdd<Vec<float>, Vec<BFloat16>> {
    using Float = Vec<float>;
    using Raw = __m512i;

    static Raw load(const BFloat16* p) { return _mm512_loadu_si512(p); }
    static Raw load_partial(const BFloat16* p, std::size_t n) {
        return _mm512_mask_loadu_epi16(_mm512_set1_epi16(short(p->bits)), __mmask32(first(n)), p);
    }
    static void store(BFloat16* p, Reg r) { _mm512_storeu_si512(p, narrow(r)); }
    static void stream(BFloat16* p, Reg r) { _mm512_stream_si512(reinterpret_cast<__m512i*>(p), narrow(r)); }
    static void store_partial(BFloat16* p, Reg r, std::size_t n) {
        _mm512_mask_storeu_epi16(p, __mmask32(first(n)), narrow(r));
    }
    static Reg widen(Raw x) { return {_mm512_castsi512_ps(even(x)), _mm512_castsi512_ps(odd(x))}; }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {
        const auto select = [](__m512i x, __m512 r) { return Float::select_positive<constant>(x, r); };
        return {select(even(x), r.even), select(odd(x), r.odd)};
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        const __m512i all = _mm512_set1_epi32(int(x.bits));
        const __m512i even = _mm512_sllv_epi32(_mm512_set1_epi32(1), even_places());
        const __m512i odd = _mm512_sllv_epi32(_mm512_set1_epi32(2), even_places());
        const __m512 replacement = Float::broadcast(constant);
        return {_mm512_mask_mov_ps(r.even, _mm512_test_epi32_mask(all, even), replacement),
                _mm512_mask_mov_ps(r.odd, _mm512_test_epi32_mask(all, odd), replacement)};
    }
    static Signs signs(Raw x) {
        const __m512i below = _mm512_sub_epi16(x, _mm512_set1_epi16(1));
        return {_mm512_cmplt_epu16_mask(below, _mm512_set1_epi16(0x7f80))};
    }

    static Sums load_sums(const double* p) {
        const Float::Sums first = Float::load_sums(p), second = Float::load_sums(p + 16);
        const __m512i even = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
        const __m512i odd = _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1);
        return {pick(first.low, first.high, second.low, second.high, even),
                pick(first.low, first.high, second.low, second.high, odd)};
    }
    static void store_sums(double* p, Sums s) {
        const __m512i low = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0);
        const __m512i high = _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4);
        const Float::Sums lows = pick(s.even.low, s.odd.low, s.even.high, s.odd.high, low);
        const Float::Sums highs = pick(s.even.low, s.odd.low, s.even.high, s.odd.high, high);
        Float::store_sums(p, {lows.low, highs.low});
        Float::store_sums(p + 16, {lows.high, highs.high});
    }

  private:
    friend EvenOdd<Vec<float>, Vec<BFloat16>>;

    static Float::Sums pick(__m512d a, __m512d b, __m512d c, __m512d d, __m512i which) {
        return {_mm512_permutex2var_pd(a, which, b), _mm512_permutex2var_pd(c, which, d)};
    }
    static __m512i even(Raw x) { return _mm512_slli_epi32(x, 16); }
    static __m512i odd(Raw x) { return _mm512_and_si512(x, _mm512_set1_epi32(int(0xffff0000))); }
    // To nearest even, in integers as in half.hpp: AVX512-BF16's own conversion takes subnormals for zero. Of
    // NaN see avx2.hpp.
    static __m512i round(__m512 r) {
        const __m512i bits = _mm512_castps_si512(r);
        const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
        return _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    }
    static __m512i narrow(Reg r) {
        return _mm512_mask_blend_epi16(0xaaaaaaaa, _mm512_srli_epi32(round(r.even), 16), round(r.odd));
    }
    static __m512 without_tail(__m512 r) {
        const __m512i bits = _mm512_castps_si512(r);
        const __m512i magnitude = _mm512_and_si512(bits, _mm512_set1_epi32(0x7fffffff));
        const __mmask16 nan = _mm512_cmpgt_epi32_mask(magnitude, _mm512_set1_epi32(0x7f800000));
        const __m512i empty = _mm512_mask_and_epi32(bits, nan, bits, _mm512_set1_epi32(int(0xffff0000)));
        // A NaN still, quiet or signalling as before.
        return _mm512_castsi512_ps(_mm512_mask_or_epi32(empty, nan, empty, _mm512_set1_epi32(0x10000)));
    }
    static __m512i even_places() {
        return _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    }
    static Reg split(__m512 low, __m512 high) {
        const __m512i even = even_places();
        const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
        return {_mm512_permutex2var_ps(low, even, high), _mm512_permutex2var_ps(low, odd, high)};
    }
};

}  // namespace
}  // namespace leaky_relu
