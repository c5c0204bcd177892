// What an instruction set offers: its name, the CPU features it needs and its loops, for every operation and
// dtype. One constant table of this type is all that a file of simd/targets/ exports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#if defined(_MSC_VER) && !defined(__clang__)  // clang-cl knows what GCC does
#define LEAKY_RELU_MSVC
#include <intrin.h>
#endif

#include "operations.hpp"

namespace leaky_relu {

// Streaming stores bypass the caches; they are for outputs that are no input, and only a hint.
enum class Store { cached, streaming };

// Which parameters of an operation have an element for each one of a row; the others have one for the row.
// Kernels come in these three forms; for operations with one parameter the last two are the same.
enum class Along { none, all_but_slope, all };

// Rows of n elements. Data inputs, output and parameters along a row lie element beside element and aligned; from a
// row to the next an operand moves by its step, in bytes. Parameters are in the compute type. An output may be one
// of the inputs. Data inputs that are `strided` have element_steps between their elements; only kernels that
// loads_strided names take those, with no parameter along.
struct Rows {
    char* args[most_operands];
    std::ptrdiff_t steps[most_operands];
    std::size_t rows, n;
    Along along;
    Store store;
    bool strided = false;
    std::ptrdiff_t element_steps[most_operands];
};
// Where words are large, as many loads as elements cost less than a copy into a buffer.
constexpr bool loads_strided(DType dtype) { return dtype == float64; }
using Kernel = void (*)(const Rows& job);

// A wish for the cache line at `p`, to read it or to write there.
static inline void prefetch(const char* p, bool write) {
#if defined(LEAKY_RELU_MSVC)
    (void)write;
    _mm_prefetch(p, _MM_HINT_T0);
#else
    write ? __builtin_prefetch(p, 1) : __builtin_prefetch(p, 0);
#endif
}

// The element so many bytes on.
template <class T>
static T* at_step(T* p, std::ptrdiff_t bytes) {
    using Byte = std::conditional_t<std::is_const_v<T>, const char, char>;
    return reinterpret_cast<T*>(reinterpret_cast<Byte*>(p) + bytes);
}

// Copies rows of n elements from anywhere to anywhere; steps are in bytes, and one of the two sides has its
// elements beside each other. Elements are words of 2, 4, 8 or 16 bytes: nothing is computed, nothing raised.
struct Copy {
    const char* from;
    std::ptrdiff_t from_row, from_step;
    char* to;
    std::ptrdiff_t to_row, to_step;
    std::size_t rows, n;
};
using Copier = void (*)(const Copy& job);
// The same for elements of another dtype, which are converted on the way and may raise what that raises; what it
// writes lies element beside element.
using Reader = Copier;
// Whether to prefetch what the CPU does not foresee in a transposition. Measured on Zen 3, 1,024 x 1,024: float64 takes half
// the time; smaller words, of which more are in a cache line, take up to 25 % longer where they are in the caches.
constexpr bool prefetches_tiles(std::ptrdiff_t word) { return word == 8; }
constexpr int copier_of(std::ptrdiff_t size) { return size == 2 ? 0 : size == 4 ? 1 : size == 8 ? 2 : 3; }

// Forward and gradient with the signs of x apart, one bit per element, the first lowest: the forward writes all
// of (n + 7) / 8 bytes, with zeros after the last bit; the gradient reads them in place of x, whatever follows
// the last bit. Contiguous and aligned; the output may be the input, and the signs lie apart from both.
struct PackedArguments {
    const char* input;  // x; grad_output
    std::uint8_t* signs;
    const char* slope;  // one, in the compute type
    char* output;
};
using PackedKernel = void (*)(const PackedArguments& arguments, std::size_t n, Store store);

// Whether x > 0, for the lanes of a register: one bit each, the first lane's lowest.
struct Signs {
    std::uint32_t bits;
};

// A gradient and, for each column, the sum of something over the rows, in order. Rows are `stride` elements
// apart, at least one, followed by the first `rest` elements of another. Sums are float64 (longdouble's
// longdouble). Slopes, in the compute type, are one per column, or sum_lanes times the same. `result` is grad_output
// itself or overlaps nothing. Streaming stores are only a hint.
constexpr std::size_t sum_lanes = 32;
struct ReductionRows {
    const char *grad_output, *x;
    char* result;
    const void* slopes;
    bool one_slope;
    void* sums;
    std::size_t width, rows, stride, rest;
    Store store;
};
using ReductionKernel = void (*)(const ReductionRows& job);
enum Reduction { slope_gradient, bias_gradient, reduction_count };  // what is summed

enum CpuFeature : unsigned { cpu_avx2 = 1, cpu_f16c = 2, cpu_avx512 = 4 };

// Null: no vector form, the scalar table's serves.
struct KernelTable {
    const char* name;
    unsigned features;  // CpuFeature bits that the CPU and the operating system must have
    // Used instead while denormals are zero (MXCSR.DAZ) where comparisons here would heed that.
    const KernelTable* while_denormals_are_zero;
    Kernel kernels[operation_count][dtype_count];
    PackedKernel packed_forward[dtype_count], packed_gradient[dtype_count];
    ReductionKernel reductions[reduction_count][dtype_count];
    Copier copiers[4];
};

extern const KernelTable avx512_table, avx2_table, neon_table, scalar_table;

}  // namespace leaky_relu
