// Functions for handlers of NumPy's memory (NEP 49), see tests/memory_handlers.py. Those of "guarded" put every array
// between pages that fault, so that its last byte is the last before one, or its first the first behind one; memory
// that has been freed faults too. Those of "failing" are the C library's, but the k-th request fails.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

const std::size_t page = std::size_t(sysconf(_SC_PAGESIZE));
std::atomic<bool> at_begin{false};
std::atomic<long> failing{0}, count{0}, live{0};

// A mapping: a page that holds its length and that of the array, a page that faults, the array's, one that faults.
struct Lengths {
    std::size_t mapping, array;
};

Lengths* lengths_of(void* array) {
    return reinterpret_cast<Lengths*>((reinterpret_cast<std::uintptr_t>(array) & ~(page - 1)) - 2 * page);
}

bool fails() { return ++count == failing; }

}  // namespace

extern "C" {

void guard_begin(int begin) { at_begin = begin != 0; }

void* guarded_malloc(void*, std::size_t size) {
    if (size > PTRDIFF_MAX / 2) return nullptr;
    const std::size_t array = std::max<std::size_t>(size, 1), pages = (array + page - 1) / page * page,
                      mapping = pages + 3 * page;
    void* const region = mmap(nullptr, mapping, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region == MAP_FAILED) return nullptr;
    char* const begin = static_cast<char*>(region);
    if (mprotect(begin, page, PROT_READ | PROT_WRITE) ||
        mprotect(begin + 2 * page, pages, PROT_READ | PROT_WRITE)) {
        munmap(region, mapping);
        return nullptr;
    }
    *static_cast<Lengths*>(region) = {mapping, array};
    return begin + 2 * page + (at_begin ? 0 : pages - array);
}

void* guarded_calloc(void* context, std::size_t members, std::size_t size) {  // mappings are zero
    return size && members > SIZE_MAX / size ? nullptr : guarded_malloc(context, members * size);
}

void guarded_free(void*, void* array, std::size_t) {
    if (!array) return;
    Lengths* const lengths = lengths_of(array);
    munmap(lengths, lengths->mapping);
}

void* guarded_realloc(void* context, void* array, std::size_t size) {
    void* const moved = guarded_malloc(context, size);
    if (moved && array) {
        std::memcpy(moved, array, std::min(std::max<std::size_t>(size, 1), lengths_of(array)->array));
        guarded_free(context, array, 0);
    }
    return moved;
}

// The k-th request from now on fails; 0: none does.
void fail_at(long k) {
    count = 0;
    failing = k;
}
long requests() { return count; }
long blocks() { return live; }

void* failing_malloc(void*, std::size_t size) {
    void* const array = fails() ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
    live += array != nullptr;
    return array;
}

void* failing_calloc(void*, std::size_t members, std::size_t size) {
    void* const array =
        fails() ? nullptr : std::calloc(std::max<std::size_t>(members, 1), std::max<std::size_t>(size, 1));
    live += array != nullptr;
    return array;
}

void* failing_realloc(void*, void* array, std::size_t size) {
    void* const moved = fails() ? nullptr : std::realloc(array, std::max<std::size_t>(size, 1));
    live += moved && !array;
    return moved;
}

void failing_free(void*, void* array, std::size_t) {
    live -= array != nullptr;
    std::free(array);
}
}
