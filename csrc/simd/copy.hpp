// Copies of rows, for operands that a kernel does not take as they lie: gathered, scattered, repeated or
// transposed. Compiled for each target, so that the compiler makes shuffles of the loops with a constant stride;
// transposition takes registers of 128 bits, which every target has, and is limited by memory.
#pragma once

#include <cstring>

#include "../kernel_table.hpp"

#if defined(__x86_64__) || defined(_M_X64)
#include <emmintrin.h>
#elif defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>
#endif

namespace leaky_relu {
namespace {

struct Word128 {
    std::uint64_t low, high;
};

template <class Word>
Word load_word(const char* p) {
    return *reinterpret_cast<const Word*>(p);
}
template <class Word>
void store_word(char* p, Word w) {
    *reinterpret_cast<Word*>(p) = w;
}

// Registers of 128 bits whose words can be interleaved: the lower halves of two, or the upper halves.
template <class Word>
struct Zip {
    static constexpr int lanes = 1;
};
#if defined(__x86_64__) || defined(_M_X64)
struct Zip128 {
    using Reg = __m128i;
    static Reg load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const Reg*>(p)); }
    static void store(char* p, Reg r) { _mm_storeu_si128(reinterpret_cast<Reg*>(p), r); }
};
template <>
struct Zip<std::uint16_t> : Zip128 {
    static constexpr int lanes = 8;
    static Reg low(Reg a, Reg b) { return _mm_unpacklo_epi16(a, b); }
    static Reg high(Reg a, Reg b) { return _mm_unpackhi_epi16(a, b); }
};
template <>
struct Zip<std::uint32_t> : Zip128 {
    static constexpr int lanes = 4;
    static Reg low(Reg a, Reg b) { return _mm_unpacklo_epi32(a, b); }
    static Reg high(Reg a, Reg b) { return _mm_unpackhi_epi32(a, b); }
};
template <>
struct Zip<std::uint64_t> : Zip128 {
    static constexpr int lanes = 2;
    static Reg low(Reg a, Reg b) { return _mm_unpacklo_epi64(a, b); }
    static Reg high(Reg a, Reg b) { return _mm_unpackhi_epi64(a, b); }
};
#elif defined(__aarch64__) || defined(_M_ARM64)
template <>
struct Zip<std::uint16_t> {
    using Reg = uint16x8_t;
    static constexpr int lanes = 8;
    static Reg load(const char* p) { return vld1q_u16(reinterpret_cast<const std::uint16_t*>(p)); }
    static void store(char* p, Reg r) { vst1q_u16(reinterpret_cast<std::uint16_t*>(p), r); }
    static Reg low(Reg a, Reg b) { return vzip1q_u16(a, b); }
    static Reg high(Reg a, Reg b) { return vzip2q_u16(a, b); }
};
template <>
struct Zip<std::uint32_t> {
    using Reg = uint32x4_t;
    static constexpr int lanes = 4;
    static Reg load(const char* p) { return vld1q_u32(reinterpret_cast<const std::uint32_t*>(p)); }
    static void store(char* p, Reg r) { vst1q_u32(reinterpret_cast<std::uint32_t*>(p), r); }
    static Reg low(Reg a, Reg b) { return vzip1q_u32(a, b); }
    static Reg high(Reg a, Reg b) { return vzip2q_u32(a, b); }
};
template <>
struct Zip<std::uint64_t> {
    using Reg = uint64x2_t;
    static constexpr int lanes = 2;
    static Reg load(const char* p) { return vld1q_u64(reinterpret_cast<const std::uint64_t*>(p)); }
    static void store(char* p, Reg r) { vst1q_u64(reinterpret_cast<std::uint64_t*>(p), r); }
    static Reg low(Reg a, Reg b) { return vzip1q_u64(a, b); }
    static Reg high(Reg a, Reg b) { return vzip2q_u64(a, b); }
};
#endif

// A square of lanes x lanes words. Interleaving each register of the upper half with its partner in the lower
// half, log2(lanes) times, transposes.
template <class Word>
void transpose_square(const char* from, std::ptrdiff_t from_step, char* to, std::ptrdiff_t to_row) {
    using Z = Zip<Word>;
    constexpr int n = Z::lanes;
    typename Z::Reg r[n], next[n];
    for (int i = 0; i < n; ++i) r[i] = Z::load(from + i * from_step);
    for (int round = 1; round < n; round *= 2) {
        for (int i = 0; i < n / 2; ++i) {
            next[2 * i] = Z::low(r[i], r[i + n / 2]);
            next[2 * i + 1] = Z::high(r[i], r[i + n / 2]);
        }
        for (int i = 0; i < n; ++i) r[i] = next[i];
    }
    for (int i = 0; i < n; ++i) Z::store(to + i * to_row, r[i]);
}

// One word after the other, rows innermost: for sources whose columns are what is contiguous.
template <class Word>
void copy_columns(const Copy& c, std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) {
    for (std::size_t j = column; j < column + columns; ++j) {
        const char* from = c.from + std::ptrdiff_t(j) * c.from_step + std::ptrdiff_t(row) * c.from_row;
        char* to = c.to + std::ptrdiff_t(j) * c.to_step + std::ptrdiff_t(row) * c.to_row;
        for (std::size_t i = 0; i < rows; ++i, from += c.from_row, to += c.to_row) {
            store_word(to, load_word<Word>(from));
        }
    }
}

// Columns are contiguous on one side, rows on the other. All squares of a few columns before the next ones:
// the cache lines of a column are read from end to end while they are there.
template <class Word>
void transpose(const Copy& c) {
    constexpr std::size_t n = Zip<Word>::lanes;
    std::size_t whole_rows = 0, whole_columns = 0;
    if constexpr (n > 1) {
        whole_rows = c.rows / n * n;
        whole_columns = c.n / n * n;
        for (std::size_t j = 0; j < whole_columns; j += n) {
            // The next tile's: so many columns are more than the CPU follows.
            for (std::size_t k = j; prefetches_tiles(sizeof(Word)) && k < j + n; ++k) {
                prefetch(c.from + std::ptrdiff_t(k) * c.from_step + std::ptrdiff_t(c.rows * sizeof(Word)),
                         false);
            }
            for (std::size_t i = 0; i < whole_rows; i += n) {
                transpose_square<Word>(
                    c.from + std::ptrdiff_t(j) * c.from_step + std::ptrdiff_t(i * sizeof(Word)), c.from_step,
                    c.to + std::ptrdiff_t(j * sizeof(Word)) + std::ptrdiff_t(i) * c.to_row, c.to_row);
            }
        }
    }
    copy_columns<Word>(c, whole_rows, c.rows - whole_rows, 0, whole_columns);
    copy_columns<Word>(c, 0, c.rows, whole_columns, c.n - whole_columns);
}

// A stride known at compile time (in words) makes shuffles of the loop; 0 as template argument: any stride.
template <class Word, int stride>
void gather_rows(const Copy& c) {
    for (std::size_t r = 0; r < c.rows; ++r) {
        const char* from = c.from + std::ptrdiff_t(r) * c.from_row;
        Word* const to = reinterpret_cast<Word*>(c.to + std::ptrdiff_t(r) * c.to_row);
        if constexpr (stride != 0) {
#pragma omp simd
            for (std::size_t i = 0; i < c.n; ++i) {
                to[i] = reinterpret_cast<const Word*>(from)[std::ptrdiff_t(i) * stride];
            }
        } else {
#pragma GCC unroll 4
            for (std::size_t i = 0; i < c.n; ++i, from += c.from_step) to[i] = load_word<Word>(from);
        }
    }
}

template <class Word>
void gather(const Copy& c) {
    constexpr std::ptrdiff_t size = sizeof(Word);
    if constexpr (size < 8) {  // of larger words a register holds too few
        switch (c.from_step % size == 0 ? c.from_step / size : 0) {
            case -1:
                return gather_rows<Word, -1>(c);
            case 2:
                return gather_rows<Word, 2>(c);
            case 3:
                return gather_rows<Word, 3>(c);
            case 4:
                return gather_rows<Word, 4>(c);
            default:
                break;
        }
    }
    gather_rows<Word, 0>(c);
}

// Repeats the first word of each row.
template <class Word>
void fill(const Copy& c) {
    for (std::size_t r = 0; r < c.rows; ++r) {
        const Word value = load_word<Word>(c.from + std::ptrdiff_t(r) * c.from_row);
        Word* const to = reinterpret_cast<Word*>(c.to + std::ptrdiff_t(r) * c.to_row);
#pragma omp simd
        for (std::size_t i = 0; i < c.n; ++i) to[i] = value;
    }
}

template <class Word>
void scatter(const Copy& c) {
    for (std::size_t r = 0; r < c.rows; ++r) {
        const Word* const from = reinterpret_cast<const Word*>(c.from + std::ptrdiff_t(r) * c.from_row);
        char* to = c.to + std::ptrdiff_t(r) * c.to_row;
        for (std::size_t i = 0; i < c.n; ++i, to += c.to_step) store_word(to, from[i]);
    }
}

// In chunks of so many bytes, the last of which may overlap the one before.
template <std::size_t chunk>
void copy_chunks(const Copy& c, std::size_t bytes) {
    for (std::size_t r = 0; r < c.rows; ++r) {
        const char* const from = c.from + std::ptrdiff_t(r) * c.from_row;
        char* const to = c.to + std::ptrdiff_t(r) * c.to_row;
        for (std::size_t i = 0; i + chunk <= bytes; i += chunk) std::memcpy(to + i, from + i, chunk);
        if (bytes % chunk) std::memcpy(to + bytes - chunk, from + bytes - chunk, chunk);
    }
}

inline void copy_rows(const Copy& c, std::size_t bytes) {
    if (bytes >= 16) return copy_chunks<16>(c, bytes);
    if (bytes >= 8) return copy_chunks<8>(c, bytes);
    bytes >= 4 ? copy_chunks<4>(c, bytes) : copy_chunks<2>(c, bytes);
}

template <class Word>
void copier(const Copy& c) {
    constexpr std::ptrdiff_t size = sizeof(Word);
    if (c.to_step == size) {
        if (c.from_step == size) return copy_rows(c, c.n * size);
        if (c.from_step == 0) return fill<Word>(c);
        if (c.from_row == size && c.rows > 1) return transpose<Word>(c);
        return gather<Word>(c);
    }
    if (c.to_row == size && c.rows > 1) return copy_columns<Word>(c, 0, c.rows, 0, c.n);
    scatter<Word>(c);
}

}  // namespace
}  // namespace leaky_relu
