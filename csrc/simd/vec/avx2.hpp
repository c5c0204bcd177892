// Vec (see scalar.hpp) for AVX2 and F16C: 256-bit registers.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../../kernel_table.hpp"
#include "even_odd.hpp"

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
    using Raw = __m256i;
    using Reg = __m256;
    static constexpr std::size_t lanes = 8;

    static Reg broadcast(Compute c) { return _mm256_set1_ps(c); }
    static Raw load(const float* p) { return _mm256_castps_si256(load_parameters(p)); }
    static Raw load_partial(const float* p, std::size_t n) {
        return _mm256_castps_si256(load_parameters_partial(p, n));
    }
    static Reg load_parameters(const float* p) { return _mm256_loadu_ps(p); }
    static Reg load_parameters_partial(const float* p, std::size_t n) {
        return load_parameters_partial(p, n, *p);
    }
    static Reg load_parameters_partial(const float* p, std::size_t n, float idle) {
        const __m256i mask = first_words(n);
        return _mm256_blendv_ps(broadcast(idle), _mm256_maskload_ps(p, mask), _mm256_castsi256_ps(mask));
    }
    static void store(float* p, Reg r) { _mm256_storeu_ps(p, r); }
    static void stream(float* p, Reg r) { _mm256_stream_ps(p, r); }
    static void fence() { _mm_sfence(); }
    static void store_partial(float* p, Reg r, std::size_t n) { _mm256_maskstore_ps(p, first_words(n), r); }
    static Reg widen(Raw x) { return _mm256_castsi256_ps(x); }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {
        return _mm256_blendv_ps(r, broadcast(constant), positive(x));
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {  // each lane's bit where blending looks: at the top
        const __m256i places = _mm256_setr_epi32(31, 30, 29, 28, 27, 26, 25, 24);
        const __m256i positive = _mm256_sllv_epi32(_mm256_set1_epi32(int(x.bits)), places);
        return _mm256_blendv_ps(r, broadcast(constant), _mm256_castsi256_ps(positive));
    }
    static Signs signs(Raw x) { return {unsigned(_mm256_movemask_ps(positive(x)))}; }
    static Reg factor(Reg x, Reg slope) {
        const __m256i positive_or_nan = _mm256_cmpgt_epi32(_mm256_castps_si256(x), _mm256_setzero_si256());
        return _mm256_blendv_ps(slope, broadcast(1), _mm256_castsi256_ps(positive_or_nan));
    }
    static Reg multiply(Reg a, Reg b) { return _mm256_mul_ps(a, b); }
    static Reg add(Reg a, Reg b) { return _mm256_add_ps(a, b); }
    static Reg rounded(Reg r) { return r; }

    using Wide = double;
    struct Sums {
        __m256d low, high;
    };
    static Sums load_sums(const double* p) { return {_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4)}; }
    static void store_sums(double* p, Sums s) {
        _mm256_storeu_pd(p, s.low);
        _mm256_storeu_pd(p + 4, s.high);
    }
    static Sums add_products(Sums s, Reg a, Reg b) {
        return {_mm256_add_pd(s.low, _mm256_mul_pd(low(a), low(b))),
                _mm256_add_pd(s.high, _mm256_mul_pd(high(a), high(b)))};
    }
    static Sums add_to(Sums s, Reg a) {
        return {_mm256_add_pd(s.low, low(a)), _mm256_add_pd(s.high, high(a))};
    }

  private:
    // AVX2 compares integers as signed ones only: adding 2^31 - 1 moves the positive numbers, from the smallest
    // subnormal to infinity (1 to 0x7f800000), to the lower end of them.
    static __m256 positive(Raw x) {
        const __m256i moved = _mm256_add_epi32(x, _mm256_set1_epi32(0x7fffffff));
        return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(int(0xff800000)), moved));
    }
    static __m256d low(Reg r) { return _mm256_cvtps_pd(_mm256_castps256_ps128(r)); }
    static __m256d high(Reg r) { return _mm256_cvtps_pd(_mm256_extractf128_ps(r, 1)); }
};

template <>
struct Vec<double> {
    using Element = double;
    using Compute = double;
    using Raw = __m256i;
    using Reg = __m256d;
    static constexpr std::size_t lanes = 4;

    static Reg broadcast(Compute c) { return _mm256_set1_pd(c); }
    static Raw load(const double* p) { return _mm256_castpd_si256(load_parameters(p)); }
    static Raw load_strided(const double* p, std::ptrdiff_t step) {
        const auto at = [&](int i) { return *at_step(p, i * step); };
        return _mm256_castpd_si256(_mm256_setr_pd(at(0), at(1), at(2), at(3)));
    }
    static Raw load_partial(const double* p, std::size_t n) {
        return _mm256_castpd_si256(load_parameters_partial(p, n));
    }
    static Reg load_parameters(const double* p) { return _mm256_loadu_pd(p); }
    static Reg load_parameters_partial(const double* p, std::size_t n) {
        const __m256i mask = first_words(2 * n);
        return _mm256_blendv_pd(broadcast(*p), _mm256_maskload_pd(p, mask), _mm256_castsi256_pd(mask));
    }
    static void store(double* p, Reg r) { _mm256_storeu_pd(p, r); }
    static void stream(double* p, Reg r) { _mm256_stream_pd(p, r); }
    static void fence() { _mm_sfence(); }
    static void store_partial(double* p, Reg r, std::size_t n) {
        _mm256_maskstore_pd(p, first_words(2 * n), r);
    }
    static Reg widen(Raw x) { return _mm256_castsi256_pd(x); }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {
        return _mm256_blendv_pd(r, broadcast(constant), positive(x));
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        const __m256i places = _mm256_setr_epi64x(63, 62, 61, 60);
        const __m256i positive = _mm256_sllv_epi64(_mm256_set1_epi64x(x.bits), places);
        return _mm256_blendv_pd(r, broadcast(constant), _mm256_castsi256_pd(positive));
    }
    static Signs signs(Raw x) { return {unsigned(_mm256_movemask_pd(positive(x)))}; }
    static Reg factor(Reg x, Reg slope) {
        const __m256i positive_or_nan = _mm256_cmpgt_epi64(_mm256_castpd_si256(x), _mm256_setzero_si256());
        return _mm256_blendv_pd(slope, broadcast(1), _mm256_castsi256_pd(positive_or_nan));
    }
    static Reg multiply(Reg a, Reg b) { return _mm256_mul_pd(a, b); }
    static Reg add(Reg a, Reg b) { return _mm256_add_pd(a, b); }
    static Reg rounded(Reg r) { return r; }

    using Wide = double;
    using Sums = __m256d;
    static Sums load_sums(const double* p) { return _mm256_loadu_pd(p); }
    static void store_sums(double* p, Sums s) { _mm256_storeu_pd(p, s); }
    static Sums add_products(Sums s, Reg a, Reg b) { return _mm256_add_pd(s, _mm256_mul_pd(a, b)); }
    static Sums add_to(Sums s, Reg a) { return _mm256_add_pd(s, a); }

  private:
    static __m256d positive(Raw x) {
        const __m256i moved = _mm256_add_epi64(x, _mm256_set1_epi64x(0x7fffffffffffffff));
        return _mm256_castsi256_pd(
            _mm256_cmpgt_epi64(_mm256_set1_epi64x(std::int64_t(0xfff0000000000000)), moved));
    }
};

// AVX2 masks no 16-bit elements: the first n < 8 are put together from scalars, not in memory, from where a
// register just written in pieces loads slowly. The other elements hold `idle`.
template <class T>
__m128i load_first(const T* p, std::size_t n, std::uint16_t idle) {
    alignas(16) static constexpr std::int16_t idle_from[16] = {0,  0,  0,  0,  0,  0,  0,  0,
                                                               -1, -1, -1, -1, -1, -1, -1, -1};
    std::uint64_t low = 0, high = 0;
    if (n & 1) std::memcpy(&high, p + (n & 6), 2);
    if (n & 2) {
        std::uint32_t pair;
        std::memcpy(&pair, p + (n & 4), 4);
        high = high << 32 | pair;
    }
    if (n & 4) {
        std::memcpy(&low, p, 8);
    } else {
        low = high;
        high = 0;
    }
    const __m128i words = _mm_set_epi64x(std::int64_t(high), std::int64_t(low));
    const __m128i others = _mm_loadu_si128(reinterpret_cast<const __m128i*>(idle_from + 8 - n));
    return _mm_or_si128(words, _mm_and_si128(others, _mm_set1_epi16(short(idle))));
}

template <class T>
void store_first(T* p, __m128i words, std::size_t n) {
    std::uint64_t rest = std::uint64_t(_mm_cvtsi128_si64(words));
    if (n & 4) {
        std::memcpy(p, &rest, 8);
        rest = std::uint64_t(_mm_extract_epi64(words, 1));
    }
    if (n & 2) {
        std::memcpy(p + (n & 4), &rest, 4);
        rest >>= 32;
    }
    if (n & 1) std::memcpy(p + (n & 6), &rest, 2);
}

template <>
struct Vec<Half> : Vec<float> {
    using Element = Half;
    using Raw = __m128i;

    static Raw load(const Half* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
    static Raw load_partial(const Half* p, std::size_t n) { return load_first(p, n, p->bits); }
    static Reg widen(Raw x) { return _mm256_cvtph_ps(x); }
    static Reg rounded(Reg r) { return widen(narrow(r)); }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {  // converting would raise invalid for a signalling NaN
        return _mm256_blendv_ps(r, broadcast(constant),
                                _mm256_castsi256_ps(_mm256_cvtepi16_epi32(positive(x))));
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        return Vec<float>::select_positive<constant>(x, r);
    }
    static Signs signs(Raw x) {
        return {unsigned(_mm_movemask_epi8(_mm_packs_epi16(positive(x), _mm_setzero_si128())))};
    }
    static void store(Half* p, Reg r) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), narrow(r)); }
    static void stream(Half* p, Reg r) { _mm_stream_si128(reinterpret_cast<__m128i*>(p), narrow(r)); }
    static void store_partial(Half* p, Reg r, std::size_t n) { store_first(p, narrow(r), n); }

  private:
    static __m128i positive(Raw x) {
        const __m128i moved = _mm_add_epi16(x, _mm_set1_epi16(0x7fff));
        return _mm_cmpgt_epi16(_mm_set1_epi16(short(0xfc00)), moved);
    }
    static __m128i narrow(Reg r) { return _mm256_cvtps_ph(r, _MM_FROUND_TO_NEAREST_INT); }
};

template <>
struct Vec<BFloat16> : EvenOdd<Vec<float>, Vec<BFloat16>> {
    using Float = Vec<float>;
    using Raw = __m256i;

    static Raw load(const BFloat16* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    static Raw load_partial(const BFloat16* p, std::size_t n) {
        if (n < 8) return _mm256_set_m128i(_mm_set1_epi16(short(p->bits)), load_first(p, n, p->bits));
        return _mm256_set_m128i(load_first(p + 8, n - 8, p->bits),
                                _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
    static void store(BFloat16* p, Reg r) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), narrow(r)); }
    static void stream(BFloat16* p, Reg r) { _mm256_stream_si256(reinterpret_cast<__m256i*>(p), narrow(r)); }
    static void store_partial(BFloat16* p, Reg r, std::size_t n) {
        const __m256i words = narrow(r);
        if (n < 8) return store_first(p, _mm256_castsi256_si128(words), n);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(words));
        store_first(p + 8, _mm256_extracti128_si256(words, 1), n - 8);
    }
    static Reg widen(Raw x) {
        return {_mm256_castsi256_ps(_mm256_slli_epi32(x, 16)),
                _mm256_castsi256_ps(_mm256_and_si256(x, _mm256_set1_epi32(int(0xffff0000))))};
    }
    template <int constant>
    static Reg select_positive(Raw x, Reg r) {
        const __m256i odd = positive(x);
        const __m256i even = _mm256_slli_epi32(odd, 16);  // only the sign bit of 32 counts
        return {_mm256_blendv_ps(r.even, Float::broadcast(constant), _mm256_castsi256_ps(even)),
                _mm256_blendv_ps(r.odd, Float::broadcast(constant), _mm256_castsi256_ps(odd))};
    }
    template <int constant>
    static Reg select_positive(Signs x, Reg r) {
        const __m256i all = _mm256_set1_epi32(int(x.bits));
        const __m256i even = _mm256_sllv_epi32(all, _mm256_setr_epi32(31, 29, 27, 25, 23, 21, 19, 17));
        const __m256i odd = _mm256_sllv_epi32(all, _mm256_setr_epi32(30, 28, 26, 24, 22, 20, 18, 16));
        return {_mm256_blendv_ps(r.even, Float::broadcast(constant), _mm256_castsi256_ps(even)),
                _mm256_blendv_ps(r.odd, Float::broadcast(constant), _mm256_castsi256_ps(odd))};
    }
    static Signs signs(Raw x) {
        const __m256i words = positive(x);
        const __m128i bytes =
            _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
        return {unsigned(_mm_movemask_epi8(bytes))};
    }

    static Sums load_sums(const double* p) {
        const Float::Sums first = Float::load_sums(p), second = Float::load_sums(p + 8);
        return {{even(first), even(second)}, {odd(first), odd(second)}};
    }
    static void store_sums(double* p, Sums s) {
        Float::store_sums(p, in_order(s.even.low, s.odd.low));
        Float::store_sums(p + 8, in_order(s.even.high, s.odd.high));
    }

  private:
    friend EvenOdd<Vec<float>, Vec<BFloat16>>;

    static __m256d even(Float::Sums s) {
        return _mm256_permute4x64_pd(_mm256_unpacklo_pd(s.low, s.high), 0xd8);
    }
    static __m256d odd(Float::Sums s) {
        return _mm256_permute4x64_pd(_mm256_unpackhi_pd(s.low, s.high), 0xd8);
    }
    static Float::Sums in_order(__m256d even, __m256d odd) {
        const __m256d e = _mm256_permute4x64_pd(even, 0xd8), o = _mm256_permute4x64_pd(odd, 0xd8);
        return {_mm256_unpacklo_pd(e, o), _mm256_unpackhi_pd(e, o)};
    }
    static __m256i positive(Raw x) {
        const __m256i moved = _mm256_add_epi16(x, _mm256_set1_epi16(0x7fff));
        return _mm256_cmpgt_epi16(_mm256_set1_epi16(short(0xff80)), moved);
    }
    // To nearest even, in integers as in half.hpp. A NaN stays one without further care if its lower half is
    // empty, for then nothing carries: so it is in what is widened, in the NaN that arithmetic makes, and in
    // parameters without_tail().
    static __m256i round(__m256 r) {
        const __m256i bits = _mm256_castps_si256(r);
        const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
        return _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    }
    static __m256i narrow(Reg r) {
        return _mm256_blend_epi16(_mm256_srli_epi32(round(r.even), 16), round(r.odd), 0xaa);
    }
    static __m256 without_tail(__m256 r) {
        const __m256 nan = _mm256_castsi256_ps(
            _mm256_or_si256(_mm256_and_si256(_mm256_castps_si256(r), _mm256_set1_epi32(int(0xffff0000))),
                            _mm256_set1_epi32(0x10000)));  // a NaN still, quiet or signalling as before
        const __m256i magnitude = _mm256_and_si256(_mm256_castps_si256(r), _mm256_set1_epi32(0x7fffffff));
        const __m256i is_nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7f800000));
        return _mm256_blendv_ps(r, nan, _mm256_castsi256_ps(is_nan));
    }
    static Reg split(__m256 low, __m256 high) {
        const auto in_order = [](__m256 pairs) {
            return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(pairs), 0xd8));
        };
        return {in_order(_mm256_shuffle_ps(low, high, 0x88)), in_order(_mm256_shuffle_ps(low, high, 0xdd))};
    }
};

}  // namespace
}  // namespace leaky_relu
