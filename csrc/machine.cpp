#include "machine.hpp"

#if defined(__linux__)
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <initializer_list>
#elif defined(_WIN32)
#if !defined(NOMINMAX)
#define NOMINMAX
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <new>
#elif defined(__APPLE__)
#include <sys/sysctl.h>

#include <cstdint>
#include <initializer_list>
#endif

namespace leaky_relu {
namespace {

#if defined(__linux__)
// The number at the beginning of a file; 0 where there is none. A stream might throw where nobody can catch.
std::uint32_t number_in(const char* path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char text[32];
    const ssize_t length = read(file, text, sizeof text);
    close(file);
    std::uint32_t number = 0;
    if (length > 0) std::from_chars(text, text + length, number);  // leaves 0 where it cannot read
    return number;
}
#endif

std::size_t read_last_level_cache() {
#if defined(__linux__)
    // From the kernel: sysconf(_SC_LEVEL3_CACHE_SIZE) of glibc 2.36 adds up all caches of an AMD package.
    for (const char* path : {"/sys/devices/system/cpu/cpu0/cache/index3/size",
                             "/sys/devices/system/cpu/cpu0/cache/index2/size"}) {
        if (const std::size_t kilobytes = number_in(path)) return kilobytes << 10;
    }
#elif defined(_WIN32)
    using Entry = SYSTEM_LOGICAL_PROCESSOR_INFORMATION;
    DWORD bytes = 0, largest = 0;
    GetLogicalProcessorInformation(nullptr, &bytes);  // fails, and says how much it would write
    Entry* const entries = new (std::nothrow) Entry[bytes / sizeof(Entry) + 1];
    if (entries && GetLogicalProcessorInformation(entries, &bytes)) {
        for (const Entry* entry = entries; entry != entries + bytes / sizeof(Entry); ++entry) {
            const bool is_larger = entry->Relationship == RelationCache && entry->Cache.Size > largest;
            if (is_larger && entry->Cache.Level >= 2) largest = entry->Cache.Size;
        }
    }
    delete[] entries;
    if (largest) return largest;
#elif defined(__APPLE__)
    for (const char* name : {"hw.l3cachesize", "hw.perflevel0.l2cachesize", "hw.l2cachesize"}) {
        std::uint64_t bytes = 0;
        std::size_t size = sizeof bytes;
        if (sysctlbyname(name, &bytes, &size, nullptr, 0) == 0 && bytes) return std::size_t(bytes);
    }
#endif
    return std::size_t(32) << 20;  // GCOVR_EXCL_LINE: where the system does not say
}

const std::size_t bytes_of_last_level_cache = read_last_level_cache();

}  // namespace

std::size_t last_level_cache() { return bytes_of_last_level_cache; }

}  // namespace leaky_relu
