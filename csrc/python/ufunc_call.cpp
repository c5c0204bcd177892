#include "ufunc_call.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <string>

#include "fast_call.hpp"
#include "numpy_api.hpp"
#include "ufuncs.hpp"

namespace leaky_relu {
namespace {

namespace py = pybind11;

vectorcallfunc numpys_vectorcall = nullptr;
std::atomic<bool> fast_call_enabled{true};
PyObject* default_slope;  // lives as long as the process

// Exchanges NumPy's TypeError for a clearer one where an operand's dtype is the reason.
void explain_type_error(Operation op, PyObject* const* operands) {
    py::error_already_set numpys_error;
    py::tuple inputs(data_inputs[op] + 1);
    for (int k = 0; k <= data_inputs[op]; ++k) inputs[k] = py::reinterpret_borrow<py::object>(operands[k]);
    const py::object message = py::module_::import("leaky_relu._dtypes")
                                   .attr("unsupported_dtype")(ufunc_names[op], inputs, numpys_error.value());
    if (message.is_none()) {
        numpys_error.restore();
    } else {
        PyErr_SetObject(PyExc_TypeError, message.ptr());
    }
}

py::object as_float64(double value) {
    PyObject* scalar = PyArrayScalar_New(Double);
    if (!scalar) throw py::error_already_set();
    PyArrayScalar_ASSIGN(scalar, Double, value);
    return py::reinterpret_steal<py::object>(scalar);
}

// NumPy rounds a Python number to the dtype of the arrays before the loop; flags of that are "cast"'s, or lost.
bool may_raise_in_float32(double value) {
    return value != 0 && !std::isinf(value) && !std::isnormal(static_cast<float>(value));
}

int type_number(PyObject* operand) {
    if (PyArray_Check(operand)) return PyArray_TYPE(reinterpret_cast<PyArrayObject*>(operand));
    if (!PyArray_IsScalar(operand, Generic)) return -1;
    PyArray_Descr* descr = PyArray_DescrFromScalar(operand);
    if (!descr) throw py::error_already_set();
    const int number = descr->type_num;
    Py_DECREF(descr);
    return number;
}

// The arguments of a call, brought into the form that NumPy's machinery takes:
//     f(data..., [slope, [out]], keyword=...)  ->  f(data..., slope, [out], other_keyword=...)
struct NumpysArguments {
    static constexpr Py_ssize_t most = 24;  // a ufunc takes some 15
    PyObject* stack[most + 1];
    Py_ssize_t positional = 0;
    py::object keywords, made_x, made_slope;  // what the stack borrows from

    void complete(Operation op, PyObject* const* args, Py_ssize_t given, PyObject* names) {
        const Py_ssize_t data = data_inputs[op], count = names ? PyTuple_GET_SIZE(names) : 0;
        const std::string function = ufunc_names[op];
        if (given < data) {
            throw py::type_error(function + "() takes " + (op == forward ? "x" : "grad_output and x") +
                                 " by position, got " + std::to_string(given) + " positional arguments");
        }
        if (given + count >= most) throw py::type_error(function + "() got too many arguments");
        std::copy(args, args + data, stack);
        PyObject*& slope = stack[data];
        slope = given > data ? args[data] : nullptr;
        positional = std::copy(args + std::min(given, data + 1), args + given, stack + data + 1) - stack;

        Py_ssize_t used = positional;
        py::list others;
        for (Py_ssize_t i = 0; i < count; ++i) {
            PyObject* name = PyTuple_GET_ITEM(names, i);
            if (PyUnicode_Compare(name, negative_slope_name) != 0) {
                others.append(py::reinterpret_borrow<py::object>(name));
                stack[used++] = args[given + i];
            } else if (slope) {
                throw py::type_error(function +
                                     "() got two values for negative_slope, by position and by keyword");
            } else {
                slope = args[given + i];
            }
        }
        if (!slope) slope = default_slope;
        if (!others.empty()) keywords = py::tuple(others);
    }

    // What NumPy's choice of a loop would get wrong.
    void adjust(PyObject*& x, PyObject*& slope) {
        // Beside a NumPy slope a Python number would take the first loop there is, float16's: it is a float64.
        if (PyFloat_CheckExact(x) || PyLong_CheckExact(x)) {
            const double value = PyFloat_AsDouble(x);
            if (value == -1 && PyErr_Occurred()) throw py::error_already_set();
            made_x = as_float64(value);
            x = made_x.ptr();
        }
        if (PyFloat_CheckExact(slope) || PyLong_CheckExact(slope)) {
            const double value = PyFloat_AsDouble(slope);
            if (value == -1 && PyErr_Occurred()) PyErr_Clear();  // an integer beyond float64: NumPy says so
            if (may_raise_in_float32(value) && type_number(x) != NPY_LONGDOUBLE) {
                made_slope = as_float64(value);
                slope = made_slope.ptr();
            }
        }
        // Loops of user dtypes are looked at first: those of bfloat16 are for x, not for the slope.
        if (type_number(slope) == bfloat16_type_number()) {
            made_slope = py::reinterpret_steal<py::object>(PyArray_FROM_OT(slope, NPY_FLOAT));
            if (!made_slope) throw py::error_already_set();
            slope = made_slope.ptr();
        }
    }
};

PyObject* numpys_call(Operation op, PyObject* ufunc, PyObject* const* args, Py_ssize_t given,
                      PyObject* names) {
    NumpysArguments call;
    call.complete(op, args, given, names);
    const int data = data_inputs[op];
    call.adjust(call.stack[data - 1], call.stack[data]);
    PyObject* result =
        numpys_vectorcall(ufunc, call.stack, std::size_t(call.positional), call.keywords.ptr());
    if (!result && PyErr_ExceptionMatches(PyExc_TypeError)) explain_type_error(op, call.stack);
    return result;
}

template <Operation op>
PyObject* vectorcall(PyObject* ufunc, PyObject* const* args, std::size_t nargsf, PyObject* keywords) {
    const Py_ssize_t positional = PyVectorcall_NARGS(nargsf);
    if (fast_call_enabled.load(std::memory_order_relaxed)) {
        PyObject* result = try_fast_call(op, args, positional, keywords);
        if (result || PyErr_Occurred()) return result;
    }
    try {
        return numpys_call(op, ufunc, args, positional, keywords);
    } catch (py::error_already_set& error) {
        error.restore();
    } catch (const py::builtin_exception& error) {
        error.set_error();
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    }
    return nullptr;
}

}  // namespace

void install_call(Operation operation, PyObject* ufunc) {
    auto* object = reinterpret_cast<PyUFuncObject*>(ufunc);
    const auto expected = Py_ssize_t(offsetof(PyUFuncObject, vectorcall));
    if (Py_TYPE(ufunc)->tp_vectorcall_offset != expected || !object->vectorcall) {
        throw py::import_error(
            "leaky_relu does not know this NumPy's ufuncs: their vectorcall is not where the headers it was "
            "built with say; install a leaky-relu built for this NumPy, or an older NumPy");
    }
    if (!default_slope) {
        numpys_vectorcall = object->vectorcall;
        negative_slope_name = PyUnicode_InternFromString("negative_slope");
        out_name = PyUnicode_InternFromString("out");
        default_slope = PyFloat_FromDouble(default_negative_slope);
        if (!negative_slope_name || !out_name || !default_slope) throw py::error_already_set();
    }
    object->vectorcall = operation == forward ? vectorcall<forward> : vectorcall<gradient>;
}

bool set_fast_call(bool enabled) { return fast_call_enabled.exchange(enabled); }

void adopt_bfloat16(PyObject* forward_ufunc, PyObject* gradient_ufunc, int type_number) {
    register_bfloat16(forward, forward_ufunc, type_number);
    register_bfloat16(gradient, gradient_ufunc, type_number);
    set_bfloat16_type_number(type_number);
}

}  // namespace leaky_relu
