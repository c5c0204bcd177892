#if defined(__x86_64__) || defined(_M_X64)
#include "../vec/avx512.hpp"

#include "../make_table.hpp"

namespace leaky_relu {
constexpr KernelTable avx512_table =
    make_table<Vec, Half, BFloat16, float, double>("avx512", cpu_avx2 | cpu_f16c | cpu_avx512, &avx2_table);
}
#endif
