#include "packed_call.hpp"

#include "../execute.hpp"
#include "../operations.hpp"
#include "output_memory.hpp"
#include "plain_operands.hpp"

namespace leaky_relu {
namespace {

namespace py = pybind11;

py::object as_object(PyArrayObject* array) {
    if (!array) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(array));
}

bool is_taken(py::handle object, DType& dtype) {
    if (!is_plain_array(object.ptr())) return false;
    PyArrayObject* const array = as_array(object.ptr());
    if (!PyArray_IS_C_CONTIGUOUS(array) || !PyArray_ISBEHAVED_RO(array)) return false;
    if (PyArray_TYPE(array) != NPY_LONGDOUBLE) return known_dtype(PyArray_TYPE(array), dtype);
    dtype = longdouble;
    return true;
}

bool is_taken_as_output(py::handle object, PyArrayObject* data) {
    if (!is_plain_array(object.ptr())) return false;
    PyArrayObject* const out = as_array(object.ptr());
    if (!PyArray_ISWRITEABLE(out) || !fits(out, data) || overlaps_partly(out, data, PyArray_NBYTES(data))) {
        return false;
    }
    // Also warns where NumPy does: of results of broadcast_arrays.
    if (PyArray_FailUnlessWriteable(out, "output array") < 0) throw py::error_already_set();
    return true;
}

npy_intp bytes_of_bits(npy_intp n) { return n / 8 + (n % 8 != 0); }

union Slope {  // in the compute type
    float single;
    double full;
    long double extended;
};

template <class C>
bool read(PyObject* object, C& slope) {
    if (read_slope(object, slope)) return true;
    if (!is_plain_array(object) || PyArray_TYPE(as_array(object)) != NPY_LONGDOUBLE) return false;
    PyArrayObject* const array = as_array(object);
    if (PyArray_NDIM(array) != 0 || !PyArray_ISBEHAVED_RO(array)) return false;
    slope = round_slope<C>(*static_cast<const long double*>(PyArray_DATA(array)));
    return true;
}

bool read(DType dtype, PyObject* object, Slope& slope) {
    if (dtype == longdouble) return read(object, slope.extended);
    return dtype == float64 ? read(object, slope.full) : read(object, slope.single);
}

// What both have in common, once the operands are known to be fit. A new `out` is made where there is none,
// and new signs where `positive` is null.
py::object call(Operation op, DType dtype, PyArrayObject* data, py::object positive, py::handle slope,
                py::object out) {
    // NumPy's functions, for longdouble raises its flags in another place than the rest.
    PyUFunc_clearfperr();
    Slope rounded;
    if (!read(dtype, slope.ptr(), rounded)) return py::none();

    const npy_intp n = PyArray_SIZE(data), bytes = PyArray_NBYTES(data), signs = bytes_of_bits(n);
    const bool returns_signs = !positive;
    if (returns_signs) positive = as_object(new_output(NPY_UINT8, 1, &signs, false, std::size_t(signs)));
    const bool made = out.is_none();
    if (made) {
        out = as_object(new_output(PyArray_TYPE(data), PyArray_NDIM(data), PyArray_DIMS(data), false,
                                   std::size_t(bytes)));
    }

    const PackedArguments arguments{
        PyArray_BYTES(data), static_cast<std::uint8_t*>(PyArray_DATA(as_array(positive.ptr()))),
        reinterpret_cast<const char*>(&rounded), PyArray_BYTES(as_array(out.ptr()))};
    PyThreadState* const released = bytes < release_gil_from ? nullptr : PyEval_SaveThread();
    execute_packed(op, dtype, arguments, std::size_t(n));
    const int raised = PyUFunc_getfperr();
    if (released) PyEval_RestoreThread(released);
    if (raised && PyUFunc_GiveFloatingpointErrors(packed_names[op], raised) < 0) {
        throw py::error_already_set();
    }
    // Without dimensions, as ufuncs do it: a scalar, unless `out` was given.
    if (made) out = py::reinterpret_steal<py::object>(PyArray_Return(as_array(out.release().ptr())));
    if (!out) throw py::error_already_set();
    return returns_signs ? py::make_tuple(out, positive) : out;
}

}  // namespace

py::object packed_forward(py::object x, py::object slope, py::object out) {
    DType dtype;
    if (!is_taken(x, dtype)) return py::none();
    PyArrayObject* const data = as_array(x.ptr());
    if (!out.is_none() && !is_taken_as_output(out, data)) return py::none();
    return call(forward, dtype, data, py::object(), slope, std::move(out));
}

py::object packed_gradient(py::object grad_output, py::object positive, py::object slope, py::object out) {
    DType dtype;
    if (!is_taken(grad_output, dtype) || !is_plain_array(positive.ptr())) return py::none();
    PyArrayObject* const data = as_array(grad_output.ptr());
    PyArrayObject* const signs = as_array(positive.ptr());
    if (PyArray_TYPE(signs) != NPY_UINT8 || PyArray_NDIM(signs) != 1 || !PyArray_IS_C_CONTIGUOUS(signs) ||
        PyArray_SIZE(signs) != bytes_of_bits(PyArray_SIZE(data))) {
        return py::none();
    }
    if (!out.is_none()) {
        if (!is_taken_as_output(out, data)) return py::none();
        const char* const bytes = PyArray_BYTES(as_array(out.ptr()));
        const char* const bits = PyArray_BYTES(signs);
        if (bytes < bits + PyArray_NBYTES(signs) && bits < bytes + PyArray_NBYTES(data)) return py::none();
    }
    return call(gradient, dtype, data, std::move(positive), slope, std::move(out));
}

}  // namespace leaky_relu
