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

enum Operation { forward, gradient, operation_count };
enum DType { float16, bfloat16, float32, float64, longdouble, dtype_count };

// args and steps (in bytes) are those of a ufunc's inner loop: the data inputs (x; grad_output and x), the
// slope in the compute type, the output. An output may be one of the inputs. Elements are aligned.
// Streaming stores bypass the caches; they are for dense outputs that are no input, and only a hint.
enum class Store { cached, streaming };
using Kernel = void (*)(char* const* args, const std::ptrdiff_t* steps, std::size_t n, Store store);

enum CpuFeature : unsigned { cpu_avx2 = 1, cpu_f16c = 2, cpu_avx512 = 4 };

struct KernelTable {
    const char* name;
    unsigned features;  // CpuFeature bits that the CPU and the operating system must have
    Kernel kernels[operation_count][dtype_count];  // null: no vector form, the scalar table's serves
};

extern const KernelTable avx512_table, avx2_table, neon_table, scalar_table;

}  // namespace leaky_relu
