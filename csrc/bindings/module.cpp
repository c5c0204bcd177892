// leaky_relu._core: the table of contents of the extension.
#define LEAKY_RELU_IMPORTS_NUMPY  // and before numpy_api.hpp comes in by way of another
#include <pybind11/pybind11.h>

#include <chrono>

#include "../dispatch.hpp"
#include "../parallel.hpp"
#include "../recycler.hpp"
#include "methods.hpp"
#include "operands.hpp"
#include "output_memory.hpp"
#include "ufunc_call.hpp"

namespace py = pybind11;

// For threadpoolctl, which looks for C functions.
#if defined(_WIN32)
#define LEAKY_RELU_EXPORTED extern "C" __declspec(dllexport)
#else
#define LEAKY_RELU_EXPORTED extern "C" __attribute__((visibility("default")))
#endif
LEAKY_RELU_EXPORTED int leaky_relu_get_num_threads() { return leaky_relu::parallel::get_num_threads(); }
LEAKY_RELU_EXPORTED void leaky_relu_set_num_threads(int count) {
    leaky_relu::parallel::set_num_threads(count);
}

namespace leaky_relu {
namespace {

int import_numpy() {
    import_array1(-1);
    import_umath1(-1);
    return 0;
}

// One CPU may have two formats of long double, ppc64le has: NumPy's compiler and ours need not agree. Numbers would be
// wrong, and nothing would say so.
bool has_numpys_longdouble() {
    long double number = 1.5L;
    PyArray_Descr* const descr = PyArray_DescrFromType(NPY_LONGDOUBLE);
    PyObject* const scalar = PyArray_Scalar(&number, descr, nullptr);
    Py_DECREF(descr);
    if (!scalar) return false;
    const bool same = PyFloat_AsDouble(scalar) == 1.5;
    Py_DECREF(scalar);
    if (!same) {  // GCOVR_EXCL_START: ppc64le's
        PyErr_SetString(
            PyExc_ImportError,
            "leaky_relu was compiled with another format of long double than NumPy has; rebuild it by "
            "NumPy's compiler or with its option, which on ppc64le is -mabi=ieeelongdouble or "
            "-mabi=ibmlongdouble");
    }  // GCOVR_EXCL_STOP
    return same;
}

void check(bool done) {
    if (!done) throw py::error_already_set();
}

py::list target_names() {
    py::list names;
    for (const auto* table : available_tables()) names.append(table->name);
    return names;
}

py::tuple cache_info() {
    const auto info = recycler::info();
    return py::make_tuple(info.idle, info.live, info.budget, info.hits, info.misses);
}

PyObject* ufuncs[operation_count];  // live as long as the process

// A ufunc for each operation of the list. OPERATIONS tells Python their names and inputs.
void add_ufuncs(py::module_& m) {
    py::dict described;
    for (std::size_t op = 0; op < operation_count; ++op) {
        const Operation& operation = operations[op];
        ufuncs[op] = make_ufunc(op);
        check(ufuncs[op] && install_call(op, ufuncs[op]) == 0);
        m.attr(operation.name) = py::handle(ufuncs[op]);
        py::tuple inputs(operation.count());
        for (int k = 0; k < operation.count(); ++k) inputs[std::size_t(k)] = operation.inputs[k];
        described[operation.name] = inputs;
    }
    m.attr("OPERATIONS") = described;
}

void adopt_bfloat16(int type_number) {
    if (type_number == bfloat16_type_number()) return;
    for (std::size_t op = 0; op < operation_count; ++op) {
        check(register_bfloat16(op, ufuncs[op], type_number) == 0);
    }
    set_bfloat16_type_number(type_number);
}

}  // namespace
}  // namespace leaky_relu

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
    using namespace leaky_relu;
    check(import_numpy() == 0 && has_numpys_longdouble() && prepare_output_memory());
    m.attr("__version__") = LEAKY_RELU_VERSION;

    add_ufuncs(m);
    check(PyModule_AddFunctions(m.ptr(), packed_methods) == 0);
    check(PyModule_AddFunctions(m.ptr(), reduction_methods) == 0);

    m.def("simd_target", [] { return table_in_use().name; }, "The SIMD target in use.");
    m.def("simd_targets", target_names, "The SIMD targets that this machine can run, best first.");
    m.def("get_num_threads", parallel::get_num_threads);
    m.def("set_num_threads", parallel::set_num_threads, py::arg("n"));
    m.def("_set_cache_budget", recycler::set_budget, py::arg("bytes"));
    m.def(
        "_set_cache_lifetime",
        [](int milliseconds) { recycler::set_lifetime(std::chrono::milliseconds(milliseconds)); },
        py::arg("milliseconds"), "How long memory may lie idle; for tests.");
    m.def("_cache_info", cache_info, "Returns bytes idle, bytes live, the budget, hits and misses.");
    m.def("_clear_cache", recycler::clear, "Returns how many bytes were idle.");
    m.def("_use_target", use_target, py::arg("name"), "Take another target.");
    m.def("_set_fast_call", set_fast_call, py::arg("enabled"), "Returns what was set before.");
    m.def("_register_bfloat16", adopt_bfloat16, py::arg("type_number"));
}
