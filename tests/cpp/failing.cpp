// Loaded before everything else (LD_PRELOAD) by tests/test_failures.py: makes the k-th request of a kind fail, for
// operator new, mmap (anonymous, of 1 MiB and more: outputs) and the creation of threads, and counts them.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace {

enum Kind { allocation, mapping, thread, kinds };
std::atomic<long> count[kinds], failing[kinds];  // 0: none fails
std::atomic<bool> all_after[kinds];

bool fails(Kind kind) {
    const long now = ++count[kind], k = failing[kind];
    return k && (now == k || (all_after[kind] && now > k));
}

template <class Function>
Function next(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

void* take(std::size_t size) { return fails(allocation) ? nullptr : std::malloc(size ? size : 1); }

}  // namespace

// The k-th from now on fails, and with `all` those after it.
extern "C" void fail_at(int kind, long k, int all) {
    count[kind] = 0;
    all_after[kind] = all != 0;
    failing[kind] = k;
}
extern "C" long requests(int kind) { return count[kind]; }

void* operator new(std::size_t size) {
    if (void* p = take(size)) return p;
    throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

extern "C" void* mmap(void* address, size_t length, int protection, int flags, int file,
                      off_t offset) noexcept {
    static const auto real = next<void* (*)(void*, size_t, int, int, int, off_t)>("mmap");
    if (file == -1 && length >= 1 << 20 && fails(mapping)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return real(address, length, protection, flags, file, offset);
}

extern "C" int pthread_create(pthread_t* id, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) noexcept {
    static const auto real =
        next<int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
    return fails(thread) ? EAGAIN : real(id, attributes, start, argument);
}
