// In place of the one of a C++ library that is linked statically, which is a tenth of the whole extension. Its two
// users take the mangled name where there is no other: pybind11 for C++ types that Python does not know, of which
// no function here takes one, and the message of std::terminate.
#include <cstddef>

// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" char* __cxa_demangle(const char*, char*, std::size_t*, int* status) {
    if (status)
        *status = -1;  // no memory, by the Itanium C++ ABI: the one failure that says nothing of the name
    return nullptr;
}
