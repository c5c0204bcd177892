// Keeps large blocks of memory for reuse. Linux; safe from any thread and across forks.
#pragma once

#include <cstddef>

namespace leaky_relu::recycler {

// As malloc, realloc and free do; null where there is no memory.
void* acquire(std::size_t bytes);
void* resize(void* block, std::size_t bytes);
void release(void* block);

// At most so much is kept idle: what would not fit makes the longest idle blocks go.
void set_budget(std::size_t bytes);

// Gives all idle blocks back to the system and says how many bytes that were.
std::size_t clear();

}  // namespace leaky_relu::recycler
