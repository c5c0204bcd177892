#include "dispatch.hpp"

#include <atomic>
#include <iterator>
#include <stdexcept>

#include "fp_status.hpp"

#if defined(__x86_64__) || defined(_M_X64)
#define LEAKY_RELU_X86_64
#if !defined(LEAKY_RELU_MSVC)  // which has its own; clang-cl has both, but _xgetbv only where XSAVE is on
#include <cpuid.h>
#endif
#endif

namespace leaky_relu {
namespace {

#if defined(LEAKY_RELU_X86_64)
struct CpuId {
    unsigned eax, ebx, ecx, edx;
};

CpuId cpuid(unsigned leaf) {
#if defined(LEAKY_RELU_MSVC)
    int r[4];
    __cpuidex(r, int(leaf), 0);
    return {unsigned(r[0]), unsigned(r[1]), unsigned(r[2]), unsigned(r[3])};
#else
    CpuId r{};
    __get_cpuid_count(leaf, 0, &r.eax, &r.ebx, &r.ecx, &r.edx);  // leaves zeros where there is no such leaf
    return r;
#endif
}

// XCR0: the register state that the operating system saves when it switches threads.
unsigned saved_state() {
#if defined(LEAKY_RELU_MSVC)
    return unsigned(_xgetbv(0));
#else
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
#endif
}

// Bits as in the Intel SDM, vol. 2A, CPUID, and vol. 1, 14.3 and 15.2 (what to ask before AVX and AVX-512).
unsigned cpu_features() {
    constexpr unsigned osxsave = 1u << 27, f16c = 1u << 29;
#if defined(LEAKY_RELU_MSVC)  // its /arch:AVX2 takes FMA and BMI along
    constexpr unsigned avx = 1u << 28 | 1u << 12, avx2 = 1u << 5 | 1u << 3 | 1u << 8;
#else
    constexpr unsigned avx = 1u << 28, avx2 = 1u << 5;
#endif
    constexpr unsigned avx512_f_dq_bw_vl = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
    constexpr unsigned ymm_state = 0x06, zmm_state = 0xe6;

    const unsigned leaf1 = cpuid(1).ecx, leaf7 = cpuid(0).eax >= 7 ? cpuid(7).ebx : 0;
    const auto has = [](unsigned word, unsigned bits) { return (word & bits) == bits; };
    if (!has(leaf1, osxsave | avx) || !has(saved_state(), ymm_state)) return 0;
    unsigned features = 0;
    if (has(leaf7, avx2)) features |= cpu_avx2;
    if (has(leaf1, f16c)) features |= cpu_f16c;
    if (has(leaf7, avx512_f_dq_bw_vl) && has(saved_state(), zmm_state)) features |= cpu_avx512;
    return features;
}

constexpr const KernelTable* compiled[] = {&avx512_table, &avx2_table, &scalar_table};
#elif defined(__aarch64__) || defined(_M_ARM64)
unsigned cpu_features() { return 0; }  // Advanced SIMD is part of AArch64
constexpr const KernelTable* compiled[] = {&neon_table, &scalar_table};
#else
unsigned cpu_features() { return 0; }
constexpr const KernelTable* compiled[] = {&scalar_table};
#endif

struct Available {
    const KernelTable* tables[std::size(compiled)] = {};
    std::size_t count = 0;

    Available() noexcept {
        const unsigned features = cpu_features();
        for (const KernelTable* table : compiled) {
            if ((table->features & ~features) == 0) tables[count++] = table;
        }
    }
};

// Both are ready when the library is loaded: a child that is forked at any later time has them as well.
const Available available;
std::atomic<const KernelTable*> in_use{available.tables[0]};

}  // namespace

std::span<const KernelTable* const> available_tables() { return {available.tables, available.count}; }

const KernelTable& table_in_use() { return *in_use.load(std::memory_order_relaxed); }

void use_target(const std::string& name) {
    std::string choices;
    for (const KernelTable* table : available_tables()) {
        if (table->name == name) {
            in_use.store(table, std::memory_order_relaxed);
            return;
        }
        choices += (choices.empty() ? "" : ", ") + std::string(table->name);
    }
    throw std::invalid_argument("SIMD target '" + name +
                                "' is unknown or cannot run here (names: scalar, avx2, avx512, neon); "
                                "this machine runs: " +
                                choices);
}

namespace {

const KernelTable& table_for_this_thread() {
    const KernelTable& table = table_in_use();
    const bool other = table.while_denormals_are_zero && fp_status::denormals_are_zero();
    return other ? *table.while_denormals_are_zero : table;
}

// Of the scalar table where the one in use has none.
template <class Pick>
auto find(Pick pick) {
    const auto kernel = pick(table_for_this_thread());
    return kernel ? kernel : pick(scalar_table);
}

}  // namespace

Kernel find_kernel(std::size_t operation, DType dtype) {
    return find([=](const KernelTable& table) { return table.kernels[operation][dtype]; });
}
PackedKernel find_packed_forward(DType dtype) {
    return find([=](const KernelTable& table) { return table.packed_forward[dtype]; });
}
PackedKernel find_packed_gradient(DType dtype) {
    return find([=](const KernelTable& table) { return table.packed_gradient[dtype]; });
}
ReductionKernel find_reduction(Reduction reduction, DType dtype) {
    return find([=](const KernelTable& table) { return table.reductions[reduction][dtype]; });
}
Copier find_copier(std::ptrdiff_t element_size) { return table_in_use().copiers[copier_of(element_size)]; }

}  // namespace leaky_relu
