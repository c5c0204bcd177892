// What an instruction set offers: its name, the CPU features it needs and a kernel for every
// operation and dtype. One constant table of this type is all that a file of kernels/ exports.
#pragma once

#include <cstddef>
#include <cstdint>

namespace leaky_relu {

// Storage types without arithmetic of their own: widened to float32, computed, rounded once.
struct Half {
    static constexpr std::uint16_t one = 0x3c00;
    std::uint16_t bits;
};
struct BFloat16 {
    static constexpr std::uint16_t one = 0x3f80;
    std::uint16_t bits;
};

// Whether x > 0, of the lanes of a register: one bit each, the first lane's lowest.
struct Signs {
    std::uint32_t bits;
};

enum Operation { forward, gradient, operation_count };
enum DType { float16, bfloat16, float32, float64, longdouble, dtype_count };

// args and steps (in bytes) are those of a ufunc's inner loop: the data inputs (x; grad_output and x), the
// slope in the compute type, the output. An output may be one of the inputs. Elements are aligned.
// Streaming stores bypass the caches; they are for dense outputs that are no input, and only a hint.
enum class Store { cached, streaming };
using Kernel = void (*)(char* const* args, const std::ptrdiff_t* steps, std::size_t n, Store store);

// Forward and gradient with the signs of x apart, one bit an element, the first lowest: the forward writes all
// of (n + 7) / 8 bytes, with zeros after the last bit; the gradient reads them in place of x, whatever follows
// the last bit. Dense and aligned; the output may be the input, and the signs lie apart from both.
struct PackedArguments {
    const char* input;  // x; grad_output
    std::uint8_t* signs;
    const char* slope;  // one, in the compute type
    char* output;
};
using PackedKernel = void (*)(const PackedArguments& arguments, std::size_t n, Store store);

// Both gradients of PReLU for rows `stride` elements apart, at least one, and the first `rest` elements of
// another: grad_x of every element, and for each column the sum, in order of the rows, of grad_output * x where
// x is not positive. Sums are float64 (longdouble's longdouble), with room for a multiple of prelu_columns.
// Slopes, in the compute type, are one a column or one for all. No output overlaps anything. Streaming stores
// are only a hint.
constexpr std::size_t prelu_columns = 32;
struct PReLURows {
    const char *grad_output, *x;
    char* grad_x;
    const void* slopes;
    bool one_slope;
    void* sums;
    std::size_t width, rows, stride, rest;
    Store store;
};
using PReLUKernel = void (*)(const PReLURows& job);

enum CpuFeature : unsigned { cpu_avx2 = 1, cpu_f16c = 2, cpu_avx512 = 4 };

struct KernelTable {
    const char* name;
    unsigned features;  // CpuFeature bits that the CPU and the operating system must have
    Kernel kernels[operation_count][dtype_count];  // null: no vector form, the scalar table's serves
    PackedKernel packed[operation_count][dtype_count];
    PReLUKernel prelu_kernels[dtype_count];
};

extern const KernelTable avx512_table, avx2_table, neon_table, scalar_table;

}  // namespace leaky_relu
