// What is known of the machine, apart from its instructions (dispatch.hpp). All of it is a guess.
#pragma once

#include <cstddef>

namespace leaky_relu {

// Bytes of the largest cache that CPU 0 uses; 32 MiB where the system does not say.
std::size_t last_level_cache();

}  // namespace leaky_relu
