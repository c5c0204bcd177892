#include "ufunc_call.hpp"

#include <atomic>
#include <cmath>
#include <cstddef>

#include "fast_call.hpp"
#include "numpy_api.hpp"
#include "ufuncs.hpp"

namespace leaky_relu {
namespace {

namespace py = pybind11;

vectorcallfunc numpys_vectorcall = nullptr;
std::atomic<bool> fast_call_enabled{true}, bfloat16_adopted{false};
PyObject *ml_dtypes_name, *default_slope;  // live as long as the process

// ufuncs choose loops by dtype and remember the choice, so bfloat16's have to be there before its first array
// is.
bool look_for_bfloat16() {
    if (bfloat16_adopted.load(std::memory_order_relaxed)) return true;
    PyObject* ml_dtypes = PyImport_GetModule(ml_dtypes_name);  // looks, imports nothing
    if (!ml_dtypes) return !PyErr_Occurred();
    Py_DECREF(ml_dtypes);
    py::module_::import("leaky_relu._dtypes").attr("adopt_bfloat16")();
    return true;
}

// Exchanges NumPy's TypeError for a clearer one where an operand's dtype is the reason.
void explain_type_error(Operation op, PyObject* const* operands) {
    py::error_already_set numpys_error;
    py::tuple inputs(data_inputs[op] + 1);
    for (int k = 0; k <= data_inputs[op]; ++k) inputs[k] = py::reinterpret_borrow<py::object>(operands[k]);
    const py::object refusal =
        py::module_::import("leaky_relu._dtypes").attr("refusal")(ufunc_names[op], inputs);
    if (refusal.is_none()) {
        numpys_error.restore();
    } else {
        PyErr_SetObject(PyExc_TypeError, refusal.ptr());
    }
}

py::object as_float64(double value) {
    PyObject* scalar = PyArrayScalar_New(Double);
    if (!scalar) throw py::error_already_set();
    PyArrayScalar_ASSIGN(scalar, Double, value);
    return py::reinterpret_steal<py::object>(scalar);
}

// NumPy rounds a Python number to the dtype of the arrays before the loop and reports flags of that as
// "cast"'s.
bool raises_in_float32(double value) {
    return std::isfinite(value) && value != 0 && !std::isnormal(static_cast<float>(value));
}

PyObject* numpys_call(Operation op, PyObject* ufunc, PyObject* const* args, Py_ssize_t positional,
                      PyObject* keywords) {
    const Py_ssize_t data = data_inputs[op], keyword_count = keywords ? PyTuple_GET_SIZE(keywords) : 0;
    constexpr Py_ssize_t most = 24;  // a ufunc takes some 15; NumPy words the complaint
    if (positional + keyword_count >= most)
        return numpys_vectorcall(ufunc, args, std::size_t(positional), keywords);
    if (positional < data) {
        PyErr_Format(PyExc_TypeError, "%s() takes %s by position, got %zd positional argument%s",
                     ufunc_names[op], op == forward ? "x" : "grad_output and x", positional,
                     positional == 1 ? "" : "s");
        return nullptr;
    }

    // f(data..., [slope, [out...]], keywords...)  ->  f(data..., slope, [out...], keywords but
    // negative_slope...)
    PyObject* stack[most + 1];
    Py_ssize_t used = 0;
    for (Py_ssize_t i = 0; i < data; ++i) stack[used++] = args[i];
    PyObject*& slope = stack[used++];
    slope = positional > data ? args[data] : nullptr;
    for (Py_ssize_t i = data + 1; i < positional; ++i) stack[used++] = args[i];
    const Py_ssize_t numpys_positional = used;

    py::list names;
    for (Py_ssize_t i = 0; i < keyword_count; ++i) {
        PyObject* name = PyTuple_GET_ITEM(keywords, i);
        if (PyUnicode_Compare(name, negative_slope_name) != 0) {
            names.append(py::reinterpret_borrow<py::object>(name));
            stack[used++] = args[positional + i];
        } else if (slope) {
            PyErr_Format(PyExc_TypeError,
                         "%s() got two values for negative_slope: by position and by keyword",
                         ufunc_names[op]);
            return nullptr;
        } else {
            slope = args[positional + i];
        }
    }
    if (!slope) slope = default_slope;

    // Beside a NumPy slope a Python number as x would take the first loop there is, float16's: it is a
    // float64.
    py::object strong_x, strong_slope;
    PyObject*& x = stack[data - 1];
    if (PyFloat_CheckExact(x) || PyLong_CheckExact(x)) {
        const double value = PyFloat_AsDouble(x);
        if (value == -1 && PyErr_Occurred()) return nullptr;
        strong_x = as_float64(value);
        x = strong_x.ptr();
    }
    if (PyFloat_CheckExact(slope) && raises_in_float32(PyFloat_AS_DOUBLE(slope))) {
        strong_slope = as_float64(PyFloat_AS_DOUBLE(slope));
        slope = strong_slope.ptr();
    }

    if (!look_for_bfloat16()) return nullptr;
    PyObject* result = numpys_vectorcall(ufunc, stack, std::size_t(numpys_positional),
                                         names.empty() ? nullptr : py::tuple(names).ptr());
    if (!result && PyErr_ExceptionMatches(PyExc_TypeError)) explain_type_error(op, stack);
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
            "leaky_relu does not know this NumPy's ufuncs (their vectorcall is not where the headers it was "
            "built "
            "with have it); install a leaky-relu built for this NumPy, or an older NumPy");
    }
    if (!default_slope) {
        numpys_vectorcall = object->vectorcall;
        negative_slope_name = PyUnicode_InternFromString("negative_slope");
        out_name = PyUnicode_InternFromString("out");
        ml_dtypes_name = PyUnicode_InternFromString("ml_dtypes");
        default_slope = PyFloat_FromDouble(default_negative_slope);
        if (!negative_slope_name || !out_name || !ml_dtypes_name || !default_slope)
            throw py::error_already_set();
    }
    object->vectorcall = operation == forward ? vectorcall<forward> : vectorcall<gradient>;
}

bool set_fast_call(bool enabled) { return fast_call_enabled.exchange(enabled); }

void adopt_bfloat16(PyObject* forward_ufunc, PyObject* gradient_ufunc, int type_number) {
    register_bfloat16(forward, forward_ufunc, type_number);
    register_bfloat16(gradient, gradient_ufunc, type_number);
    take_bfloat16(type_number);
    bfloat16_adopted.store(true);
}

}  // namespace leaky_relu
