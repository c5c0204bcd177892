#include "../vec/scalar.hpp"

#include "../make_table.hpp"

namespace leaky_relu {
constexpr KernelTable scalar_table = make_table<Vec, Half, BFloat16, float, double, long double>("scalar", 0);
}
