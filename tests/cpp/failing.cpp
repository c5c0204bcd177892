// Loaded before everything else (LD_PRELOAD) by tests/test_failures.py: makes the k-th request of a kind fail, for
// operator new, the creation of threads, and mmap (anonymous), mremap, munmap and madvise(MADV_FREE) of 1 MiB and
// more, which are those of outputs; and counts them.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <new>

namespace {

enum Kind { allocation, mapping, thread, remapping, unmapping, lazy_freeing, kinds };
constexpr std::size_t large = 1 << 20;
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
    if (file == -1 && length >= large && fails(mapping)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return real(address, length, protection, flags, file, offset);
}

extern "C" void* mremap(void* address, size_t before, size_t length, int flags, ...) noexcept {
    static const auto real = next<void* (*)(void*, size_t, size_t, int, ...)>("mremap");
    if (length >= large && fails(remapping)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    if (!(flags & MREMAP_FIXED)) return real(address, before, length, flags);
    va_list rest;
    va_start(rest, flags);
    void* const to = va_arg(rest, void*);
    va_end(rest);
    return real(address, before, length, flags, to);
}

extern "C" int munmap(void* address, size_t length) noexcept {
    static const auto real = next<int (*)(void*, size_t)>("munmap");
    if (length >= large && fails(unmapping)) {
        errno = ENOMEM;
        return -1;
    }
    return real(address, length);
}

extern "C" int madvise(void* address, size_t length, int advice) noexcept {
    static const auto real = next<int (*)(void*, size_t, int)>("madvise");
    if (advice == MADV_FREE && length >= large && fails(lazy_freeing)) {
        errno = EINVAL;  // as kernels that do not know it
        return -1;
    }
    return real(address, length, advice);
}

extern "C" int pthread_create(pthread_t* id, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) noexcept {
    static const auto real =
        next<int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
    return fails(thread) ? EAGAIN : real(id, attributes, start, argument);
}
