#if defined(__aarch64__) || defined(_M_ARM64)
#include "../vec/neon.hpp"

#include "../make_table.hpp"

namespace leaky_relu {
constexpr KernelTable neon_table = make_table<Vec, Half, BFloat16, float, double>("neon", 0);
}
#endif
