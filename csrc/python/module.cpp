// leaky_relu._core: the table of contents of the extension.
#define LEAKY_RELU_IMPORTS_NUMPY
#include <pybind11/stl.h>

#include <chrono>

#include "../dispatch.hpp"
#include "../parallel.hpp"
#include "../recycler.hpp"
#include "numpy_api.hpp"
#include "output_memory.hpp"
#include "packed_call.hpp"
#include "prelu_call.hpp"
#include "ufunc_call.hpp"
#include "ufuncs.hpp"

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

namespace {

int import_numpy() {
    import_array1(-1);
    import_umath1(-1);
    return 0;
}

std::vector<std::string> target_names() {
    std::vector<std::string> names;
    for (const auto* table : leaky_relu::available_tables()) names.emplace_back(table->name);
    return names;
}

py::tuple cache_info() {
    const auto info = leaky_relu::recycler::info();
    return py::make_tuple(info.idle, info.live, info.budget, info.hits, info.misses);
}

}  // namespace

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
    using namespace leaky_relu;
    if (import_numpy() < 0) throw py::error_already_set();
    if (!prepare_output_memory()) throw py::error_already_set();
    m.attr("__version__") = LEAKY_RELU_VERSION;

    py::object ufuncs[operation_count];
    for (Operation op : {forward, gradient}) {
        ufuncs[op] = make_ufunc(op);
        install_call(op, ufuncs[op].ptr());
        m.attr(ufunc_names[op]) = ufuncs[op];
    }

    m.def("_packed_forward", packed_forward, py::arg("x"), py::arg("negative_slope"), py::arg("out"));
    m.def("_packed_gradient", packed_gradient, py::arg("grad_output"), py::arg("positive"),
          py::arg("negative_slope"), py::arg("out"));
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
    m.def("_prelu", prelu_forward, py::arg("x"), py::arg("slopes"), py::arg("inner"), py::arg("out"));
    m.def("_prelu_grad", prelu_gradients, py::arg("grad_output"), py::arg("x"), py::arg("slopes"),
          py::arg("inner"), "Returns grad_x and the sum of each channel.");
    m.def("_use_target", use_target, py::arg("name"), "Take another target; for tests and benchmarks.");
    m.def("_set_fast_call", set_fast_call, py::arg("enabled"), "Returns what was set before; for tests.");
    m.def(
        "_register_bfloat16",
        [forward_ufunc = ufuncs[forward], gradient_ufunc = ufuncs[gradient]](int type_number) {
            adopt_bfloat16(forward_ufunc.ptr(), gradient_ufunc.ptr(), type_number);
        },
        py::arg("type_number"));
}
