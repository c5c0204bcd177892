#include "output_memory.hpp"

#include <cstring>

#include "../recycler.hpp"

namespace leaky_relu {
namespace {

constexpr std::size_t recycled_from = 1 << 20;  // malloc itself reuses smaller blocks
constexpr char capsule_name[] = "mem_handler";

// GCOVR_EXCL_START: a handler must have it, but what is made under ours is not zeroed
void* zeroed(void*, std::size_t count, std::size_t size) {
    if (size && count > SIZE_MAX / size) return nullptr;
    void* block = recycler::acquire(count * size);
    return block ? std::memset(block, 0, count * size) : nullptr;
}
// GCOVR_EXCL_STOP

PyDataMem_Handler handler = {
    "leaky_relu",
    1,
    {nullptr, [](void*, std::size_t size) { return recycler::acquire(size); }, zeroed,
     [](void*, void* block, std::size_t size) { return recycler::resize(block, size); },
     [](void*, void* block, std::size_t) { recycler::release(block); }}};

// NumPy keeps its handler (NEP 49) in a context variable; in this context it is ours. Entering a copy of it
// and leaving that cannot fail halfway, as setting the handler and setting the former one again can.
PyObject* our_context = nullptr;

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

// What make() makes with our handler. Null without an exception where that did not work, for whatever reason.
template <class Make>
PyArrayObject* with_our_handler(const Make& make) {
    PyObject* const context =
        PyContext_Copy(our_context);  // a thread each: a context is entered once at a time
    PyArrayObject* array = nullptr;
    const bool entered = context && PyContext_Enter(context) == 0;
    if (entered) array = make();
    if (!array) PyErr_Clear();
    if (entered) PyContext_Exit(context);
    Py_XDECREF(context);
    return array;
}

}  // namespace

bool prepare_output_memory() {
    if (our_context) return true;
    PyObject* const capsule = PyCapsule_New(&handler, capsule_name, nullptr);
    PyObject* const context = PyContext_New();
    bool ready = capsule && context && PyContext_Enter(context) == 0;
    if (ready) {
        PyObject* const before = PyDataMem_SetHandler(capsule);
        ready = before != nullptr;
        Py_XDECREF(before);
        PyContext_Exit(context);
    }
    Py_XDECREF(capsule);
    if (ready) {
        our_context = context;
    } else {
        Py_XDECREF(context);  // GCOVR_EXCL_LINE: memory is short at the import
    }
    return ready;
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
