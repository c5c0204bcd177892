#include "recycler.hpp"

#if defined(__linux__)

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#include "never_destroyed.hpp"

namespace leaky_relu::recycler {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t huge_page = std::size_t(2) << 20, kept_resident = std::size_t(32) << 20;
constexpr std::size_t least_step = std::size_t(64) << 10;  // whole pages on any machine
constexpr std::size_t most_bytes = PTRDIFF_MAX / 2;

// Eight sizes from one power of two to the next, so that similar shapes share, at an eighth more at most.
std::size_t round_up(std::size_t bytes) {
    const std::size_t step = std::max(least_step, std::bit_floor(bytes) / 8);
    return std::max(step, (bytes + step - 1) / step * step);
}

void unmap(void* address, std::size_t bytes) {
    // A process may have only so many mappings, and a hole makes one more: then give up the pages at least.
    if (bytes && munmap(address, bytes) != 0) madvise(address, bytes, MADV_DONTNEED);
}

void* map(std::size_t capacity) {
    const bool huge = capacity >= huge_page;
    const std::size_t reserved = huge ? capacity + huge_page : capacity;
    void* region = mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region == MAP_FAILED) return nullptr;
    if (!huge) return region;
    char* const begin = static_cast<char*>(region);
    const std::size_t before = (0 - reinterpret_cast<std::uintptr_t>(begin)) % huge_page;
    unmap(begin, before);
    unmap(begin + before + capacity, huge_page - before);
    madvise(begin + before, capacity, MADV_HUGEPAGE);  // a wish: fewer, larger page faults
    return begin + before;
}

struct Block {
    void* address;
    std::size_t capacity;
    Clock::time_point idle_since;
};

// The most bytes that were live at once during the last `window`, and not much longer.
class RecentPeak {
  public:
    std::size_t bytes() const { return std::max(before_, now_); }
    void note(std::size_t live) { now_ = std::max(now_, live); }
    void advance(Clock::time_point time, Clock::duration window, std::size_t live) {
        if (time - begin_ < window) return;
        before_ = time - begin_ < 2 * window ? now_ : live;
        now_ = live;
        begin_ = time;
    }

  private:
    std::size_t before_ = 0, now_ = 0;
    Clock::time_point begin_;
};

// All of it is used with the mutex held, but for the budget.
struct State {
    std::mutex mutex;
    std::atomic<std::size_t> budget{0};
    Clock::duration lifetime = std::chrono::seconds(10);
    std::unordered_map<void*, std::size_t> live;  // capacities
    std::vector<Block> idle;                      // longest idle first; has room for all live blocks
    std::size_t live_bytes = 0, idle_bytes = 0, hits = 0, misses = 0;
    RecentPeak peak;

    void give_back(std::vector<Block>::iterator end) {
        for (auto gone = idle.begin(); gone != end; ++gone) {
            unmap(gone->address, gone->capacity);
            idle_bytes -= gone->capacity;
        }
        idle.erase(idle.begin(), end);
    }

    void shrink(std::size_t allowed) {
        auto end = idle.begin();
        for (std::size_t left = idle_bytes; left > allowed; ++end) left -= end->capacity;
        give_back(end);
    }

    // What may lie idle beside so many live bytes.
    std::size_t allowance(std::size_t live_then) const {
        const std::size_t most = peak.bytes();
        return most < live_then ? 0 : std::min(budget.load(std::memory_order_relaxed), most - live_then);
    }

    // What time has made of the loan. Comes first in everything.
    Clock::time_point age() {
        const Clock::time_point now = Clock::now();
        peak.advance(now, lifetime, live_bytes);
        const auto young = [&](const Block& block) { return now - block.idle_since < lifetime; };
        give_back(std::find_if(idle.begin(), idle.end(), young));
        shrink(allowance(live_bytes));
        return now;
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

    // The only place that needs memory of its own, so that release needs none.
    bool enter(void* address, std::size_t capacity) {
        try {
            const std::size_t blocks = live.size() + idle.size() + 1;
            if (idle.capacity() < blocks) idle.reserve(2 * blocks);
            live.emplace(address, capacity);
        } catch (const std::bad_alloc&) {
            return false;
        }
        live_bytes += capacity;
        peak.note(live_bytes);
        return true;
    }
};

NeverDestroyed<State> storage;  // arrays may outlive everything
State& state = storage.value;

[[maybe_unused]] const int registered =
    pthread_atfork([] { state.mutex.lock(); }, [] { state.mutex.unlock(); }, [] { state.mutex.unlock(); });

}  // namespace

bool keeps(std::size_t bytes) noexcept {
    return bytes <= most_bytes && round_up(bytes) <= state.budget.load(std::memory_order_relaxed);
}

void* acquire(std::size_t bytes) noexcept {
    if (bytes > most_bytes) return nullptr;
    const std::size_t capacity = round_up(bytes);
    const std::lock_guard<std::mutex> lock(state.mutex);
    state.age();
    void* address = state.take(capacity);
    const bool hit = address;
    if (!hit) {
        state.shrink(state.allowance(state.live_bytes + capacity));
        address = map(capacity);
        if (!address) {  // what lies idle may be what is missing
            state.shrink(0);
            address = map(capacity);
        }
    }
    if (!address) return nullptr;
    if (!state.enter(address, capacity)) {
        unmap(address, capacity);
        return nullptr;
    }
    ++(hit ? state.hits : state.misses);
    return address;
}

void* resize(void* block, std::size_t bytes) noexcept {
    if (!block) return acquire(bytes);
    if (bytes > most_bytes) return nullptr;
    const std::size_t capacity = round_up(bytes);
    const std::lock_guard<std::mutex> lock(state.mutex);
    state.age();
    const auto entry = state.live.find(block);
    const std::size_t before = entry->second;
    if (capacity == before) return block;
    const std::size_t live_then = state.live_bytes - before + capacity;
    state.shrink(state.allowance(live_then));
    // Moves pages, not bytes: there is never more than one copy.
    void* moved = mremap(block, before, capacity, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) {
        state.shrink(0);
        moved = mremap(block, before, capacity, MREMAP_MAYMOVE);
    }
    if (moved == MAP_FAILED) return nullptr;
    auto node = state.live.extract(entry);  // and back: needs no memory
    node.key() = moved;
    node.mapped() = capacity;
    state.live.insert(std::move(node));
    state.live_bytes = live_then;
    state.peak.note(live_then);
    return moved;
}

void release(void* block) noexcept {
    if (!block) return;
    const std::lock_guard<std::mutex> lock(state.mutex);
    const Clock::time_point now = state.age();
    const auto entry = state.live.find(block);
    const std::size_t capacity = entry->second;
    state.live.erase(entry);
    state.live_bytes -= capacity;
    const std::size_t allowed = state.allowance(state.live_bytes);
    if (capacity > allowed) return unmap(block, capacity);
    state.shrink(allowed - capacity);
    // Beyond what malloc would keep as well, the system may take the pages when it is short. Not below:
    // the other CPUs have to forget them, which costs more than a kernel over a few megabytes.
    if (state.idle_bytes + capacity > kept_resident) madvise(block, capacity, MADV_FREE);
    state.idle.push_back({block, capacity, now});
    state.idle_bytes += capacity;
}

void set_budget(std::size_t bytes) noexcept {
    const std::lock_guard<std::mutex> lock(state.mutex);
    state.budget.store(bytes, std::memory_order_relaxed);
    state.shrink(bytes);
}

void set_lifetime(std::chrono::milliseconds lifetime) noexcept {
    const std::lock_guard<std::mutex> lock(state.mutex);
    state.lifetime = lifetime;
}

std::size_t clear() noexcept {
    const std::lock_guard<std::mutex> lock(state.mutex);
    const std::size_t before = state.idle_bytes;
    state.shrink(0);
    state.peak = RecentPeak();
    state.peak.note(state.live_bytes);
    return before;
}

Info info() noexcept {
    const std::lock_guard<std::mutex> lock(state.mutex);
    state.age();
    return {state.idle_bytes, state.live_bytes, state.budget.load(std::memory_order_relaxed), state.hits,
            state.misses};
}

}  // namespace leaky_relu::recycler
#else
namespace leaky_relu::recycler {

bool keeps(std::size_t) noexcept { return false; }
void* acquire(std::size_t) noexcept { return nullptr; }
void* resize(void*, std::size_t) noexcept { return nullptr; }
void release(void*) noexcept {}
void set_budget(std::size_t) noexcept {}
void set_lifetime(std::chrono::milliseconds) noexcept {}
std::size_t clear() noexcept { return 0; }
Info info() noexcept { return {}; }

}  // namespace leaky_relu::recycler
#endif
