#include "output_memory.hpp"

#include <cstring>

#include "../recycler.hpp"

namespace leaky_relu {
namespace {

constexpr std::size_t recycled_from = 1 << 20;  // malloc itself reuses smaller blocks
constexpr char capsule_name[] = "mem_handler";

void* zeroed(void*, std::size_t count, std::size_t size) {
    if (size && count > SIZE_MAX / size) return nullptr;
    void* block = recycler::acquire(count * size);
    return block ? std::memset(block, 0, count * size) : nullptr;
}

PyDataMem_Handler handler = {
    "leaky_relu",
    1,
    {nullptr, [](void*, std::size_t size) { return recycler::acquire(size); }, zeroed,
     [](void*, void* block, std::size_t size) { return recycler::resize(block, size); },
     [](void*, void* block, std::size_t) { recycler::release(block); }}};
PyObject* handler_capsule = nullptr;

// False where somebody has set a handler of his own, which is then to be used.
bool numpys_handler_is_set() {
    PyObject* const current = PyDataMem_GetHandler();
    const void* known = current ? PyCapsule_GetPointer(current, capsule_name) : nullptr;
    const bool numpys =
        known && std::strcmp(static_cast<const PyDataMem_Handler*>(known)->name, "default_allocator") == 0;
    if (!known) PyErr_Clear();
    Py_XDECREF(current);
    return numpys;
}

// What make() makes while our handler (NEP 49) is set. NumPy keeps it in a context variable, so it is set in a
// context for this array alone: to leave a context cannot fail, and to set the former handler again could.
// Null without an exception where that did not work, for whatever reason.
template <class Make>
PyArrayObject* with_our_handler(const Make& make) {
    PyArrayObject* array = nullptr;
    PyObject* const context = PyContext_CopyCurrent();
    if (context && PyContext_Enter(context) == 0) {
        PyObject* const before = PyDataMem_SetHandler(handler_capsule);
        if (before) array = make();
        Py_XDECREF(before);
        if (!array) PyErr_Clear();
        PyContext_Exit(context);
    } else {
        PyErr_Clear();
    }
    Py_XDECREF(context);
    return array;
}

}  // namespace

bool prepare_output_memory() {
    if (!handler_capsule) handler_capsule = PyCapsule_New(&handler, capsule_name, nullptr);
    return handler_capsule != nullptr;
}

PyArrayObject* new_output(int type_number, int dimensions, const npy_intp* shape, const npy_intp* strides,
                          bool fortran, std::size_t bytes) {
    const auto make = [&] {
        return reinterpret_cast<PyArrayObject*>(
            PyArray_NewFromDescr(&PyArray_Type, PyArray_DescrFromType(type_number), dimensions, shape,
                                 strides, nullptr, fortran, nullptr));
    };
    if (bytes >= recycled_from && recycler::keeps(bytes) && numpys_handler_is_set()) {
        if (PyArrayObject* const array = with_our_handler(make)) return array;
    }
    return make();  // also where ours had no memory: NumPy's may still have some
}

}  // namespace leaky_relu
