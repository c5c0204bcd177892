#include "recycler.hpp"

#if defined(__linux__)

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

namespace leaky_relu::recycler {
namespace {

constexpr std::size_t huge_page = std::size_t(2) << 20, kept_resident = std::size_t(32) << 20;

// Eight sizes from one power of two to the next, so that similar shapes share.
std::size_t round_up(std::size_t bytes) {
    const std::size_t step = std::max(huge_page, std::bit_floor(bytes) / 8);
    return (bytes + step - 1) / step * step;
}

void* map(std::size_t capacity) {
    const std::size_t reserved = capacity + huge_page;
    void* region = mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region == MAP_FAILED) return nullptr;
    char* const begin = static_cast<char*>(region);
    const std::size_t before = (0 - reinterpret_cast<std::uintptr_t>(begin)) % huge_page;
    if (before) munmap(begin, before);
    munmap(begin + before + capacity, reserved - before - capacity);
    madvise(begin + before, capacity, MADV_HUGEPAGE);  // a wish: fewer, larger page faults
    return begin + before;
}

struct Block {
    void* address;
    std::size_t capacity;
};

struct State {
    std::mutex mutex;
    std::unordered_map<void*, std::size_t> live;  // capacities
    std::vector<Block> idle;                      // longest idle first
    std::size_t idle_bytes = 0, budget = 0;

    void shrink(std::size_t allowed) {
        auto gone = idle.begin();
        for (; idle_bytes > allowed; ++gone) {
            munmap(gone->address, gone->capacity);
            idle_bytes -= gone->capacity;
        }
        idle.erase(idle.begin(), gone);
    }

    void* take(std::size_t capacity) {
        const auto fits = [&](const Block& block) { return block.capacity == capacity; };
        const auto found = std::find_if(idle.rbegin(), idle.rend(), fits);
        if (found == idle.rend()) return nullptr;
        void* address = found->address;
        idle.erase(std::next(found).base());
        idle_bytes -= capacity;
        return address;
    }
};

// Never destroyed: arrays may outlive everything.
State& state() {
    static State& one = *new State;
    [[maybe_unused]] static const int registered = pthread_atfork(
        [] { state().mutex.lock(); }, [] { state().mutex.unlock(); }, [] { state().mutex.unlock(); });
    return one;
}

}  // namespace

void* acquire(std::size_t bytes) {
    if (bytes > PTRDIFF_MAX / 2) return nullptr;
    const std::size_t capacity = round_up(std::max<std::size_t>(bytes, 1));
    const std::lock_guard<std::mutex> lock(state().mutex);
    void* address = state().take(capacity);
    if (!address) address = map(capacity);
    if (!address) {  // what lies idle may be what is missing
        state().shrink(0);
        address = map(capacity);
    }
    if (!address) return nullptr;
    try {
        state().live.emplace(address, capacity);
    } catch (const std::bad_alloc&) {
        munmap(address, capacity);
        return nullptr;
    }
    return address;
}

void* resize(void* block, std::size_t bytes) {
    if (!block) return acquire(bytes);
    std::size_t capacity;
    {
        const std::lock_guard<std::mutex> lock(state().mutex);
        capacity = state().live.at(block);
    }
    if (round_up(std::max<std::size_t>(bytes, 1)) == capacity) return block;
    void* moved = acquire(bytes);
    if (!moved) return nullptr;
    std::memcpy(moved, block, std::min(bytes, capacity));
    release(block);
    return moved;
}

void release(void* block) {
    if (!block) return;
    const std::lock_guard<std::mutex> lock(state().mutex);
    const auto entry = state().live.find(block);
    const std::size_t capacity = entry->second;
    state().live.erase(entry);
    bool kept = capacity <= state().budget;
    if (kept) {
        state().shrink(state().budget - capacity);
        // Beyond what malloc would keep as well, the system may take the pages when it is short. Not below:
        // the other CPUs have to forget them, which costs more than a kernel over a few megabytes.
        if (state().idle_bytes + capacity > kept_resident) madvise(block, capacity, MADV_FREE);
        try {
            state().idle.push_back({block, capacity});
            state().idle_bytes += capacity;
        } catch (const std::bad_alloc&) {
            kept = false;
        }
    }
    if (!kept) munmap(block, capacity);
}

void set_budget(std::size_t bytes) {
    const std::lock_guard<std::mutex> lock(state().mutex);
    state().budget = bytes;
    state().shrink(bytes);
}

std::size_t clear() {
    const std::lock_guard<std::mutex> lock(state().mutex);
    const std::size_t before = state().idle_bytes;
    state().shrink(0);
    return before;
}

}  // namespace leaky_relu::recycler
#else
namespace leaky_relu::recycler {  // other systems use NumPy's own allocator

void set_budget(std::size_t) {}
std::size_t clear() { return 0; }

}  // namespace leaky_relu::recycler
#endif
