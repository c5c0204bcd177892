// Keeps large blocks of memory for reuse. Linux; safe from any thread and across forks; throws nothing.
//
// What is kept is a loan, not a possession:
// - idle and live bytes together never exceed the most that were live at once of late, so keeping memory does
//   not make the process larger than its own outputs have made it anyway;
// - what lies idle for its `lifetime` of 10 s goes back to the system, and so does what only an older peak
//   allowed. There is no thread to see to that: it is done when the next large output comes or goes;
// - at most a budget is kept, and beyond 32 MiB the system may take the pages whenever it is short.
// Elsewhere than on Linux nothing is kept, for nothing is acquired here.
#pragma once

#include <chrono>
#include <cstddef>

namespace leaky_relu::recycler {

// Whether a block of that size could be kept once it is free. Where not, it has nothing to gain here.
bool keeps(std::size_t bytes) noexcept;

// As malloc, realloc and free do; null where there is no memory, even with all that was idle given back.
void* acquire(std::size_t bytes) noexcept;
void* resize(void* block, std::size_t bytes) noexcept;
void release(void* block) noexcept;

// From now on at most so much is kept: what would not fit makes the longest idle blocks go.
void set_budget(std::size_t bytes) noexcept;
void set_lifetime(std::chrono::milliseconds lifetime) noexcept;  // for tests

// Gives all idle blocks back to the system, forgets the peak, and says how many bytes that were.
std::size_t clear() noexcept;

struct Info {
    std::size_t idle, live, budget;  // bytes, of whole blocks
    std::size_t hits, misses;        // blocks acquired: idle ones, new ones
};
Info info() noexcept;

}  // namespace leaky_relu::recycler
