#if defined(__x86_64__) || defined(_M_X64)
#include "../vec/avx2.hpp"

#include "../make_table.hpp"

namespace leaky_relu {
constexpr KernelTable avx2_table =
    make_table<Vec, Half, BFloat16, float, double>("avx2", cpu_avx2 | cpu_f16c);
}
#endif
