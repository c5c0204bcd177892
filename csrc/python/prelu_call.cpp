#include "prelu_call.hpp"

#include <cstring>

#include "../operations.hpp"
#include "../prelu.hpp"
#include "output_memory.hpp"
#include "plain_operands.hpp"

namespace leaky_relu {
namespace {

namespace py = pybind11;

[[noreturn]] void refuse() {
    throw py::value_error("prelu: an array is not of the form that is needed here");
}

DType dtype_of(int type_number) {
    DType dtype = longdouble;
    if (type_number != NPY_LONGDOUBLE && !known_dtype(type_number, dtype)) refuse();
    return dtype;
}

PyArrayObject* dense_array(py::handle object) {
    if (!PyArray_Check(object.ptr())) refuse();
    PyArrayObject* const array = as_array(object.ptr());
    if (!PyArray_IS_C_CONTIGUOUS(array) || !PyArray_ISBEHAVED_RO(array)) refuse();
    return array;
}

py::object new_array(int type_number, int dimensions, const npy_intp* shape, std::size_t bytes) {
    PyArrayObject* const array = new_output(type_number, dimensions, shape, false, bytes);
    if (!array) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(array));
}

struct Operands {
    PyArrayObject *x, *slopes;
    int type_number;
    DType dtype;
    PReLUArrays arrays{};

    Operands(py::handle x_object, py::handle slopes_object, std::size_t inner)
        : x(dense_array(x_object)),
          slopes(dense_array(slopes_object)),
          type_number(PyArray_TYPE(x)),
          dtype(dtype_of(type_number)) {
        const std::size_t size = std::size_t(PyArray_SIZE(x)), channels = std::size_t(PyArray_SIZE(slopes));
        const std::size_t row = channels * inner;
        const bool widened = dtype == float16 || dtype == bfloat16;
        if (PyArray_TYPE(slopes) != (widened ? int(NPY_FLOAT) : type_number) || (row ? size % row : size))
            refuse();
        arrays.x = PyArray_BYTES(x);
        arrays.slopes = PyArray_DATA(slopes);
        arrays.outer = row ? size / row : 0;
        arrays.channels = channels;
        arrays.inner = inner;
    }

    char* like_x(py::handle object) const {
        PyArrayObject* const array = dense_array(object);
        if (PyArray_TYPE(array) != type_number || !PyArray_SAMESHAPE(array, x)) refuse();
        return PyArray_BYTES(array);
    }

    py::object new_like_x() const {
        return new_array(type_number, PyArray_NDIM(x), PyArray_DIMS(x), std::size_t(PyArray_NBYTES(x)));
    }

    void run(const char* name) const {
        if (arrays.outer == 0) return;
        PyUFunc_clearfperr();
        {
            const py::gil_scoped_release released;
            prelu(dtype, arrays);
        }
        const int raised = PyUFunc_getfperr();
        if (raised && PyUFunc_GiveFloatingpointErrors(name, raised) < 0) throw py::error_already_set();
    }
};

}  // namespace

py::object prelu_forward(py::handle x, py::handle slopes, std::size_t inner, py::handle out) {
    Operands operands(x, slopes, inner);
    py::object result = out.is_none() ? operands.new_like_x() : py::reinterpret_borrow<py::object>(out);
    operands.arrays.result = operands.like_x(result);
    if (PyArray_FailUnlessWriteable(as_array(result.ptr()), "output array") < 0)
        throw py::error_already_set();
    operands.run(ufunc_names[forward]);
    return result;
}

py::tuple prelu_gradients(py::handle grad_output, py::handle x, py::handle slopes, std::size_t inner) {
    Operands operands(x, slopes, inner);
    operands.arrays.grad_output = operands.like_x(grad_output);
    const npy_intp channels = npy_intp(operands.arrays.channels);
    const py::object grad_x = operands.new_like_x();
    const py::object sums =
        new_array(operands.dtype == longdouble ? NPY_LONGDOUBLE : NPY_DOUBLE, 1, &channels, 0);
    PyArrayObject* const sums_array = as_array(sums.ptr());
    std::memset(PyArray_DATA(sums_array), 0, std::size_t(PyArray_NBYTES(sums_array)));
    operands.arrays.result = operands.like_x(grad_x);
    operands.arrays.sums = PyArray_DATA(sums_array);
    operands.run("prelu_grad");
    return py::make_tuple(grad_x, sums);
}

}  // namespace leaky_relu
