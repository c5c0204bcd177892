#include "fast_call.hpp"

#include <atomic>
#include <cmath>
#include <cstddef>

#include "../dispatch.hpp"
#include "fp_status.hpp"
#include "numpy_api.hpp"
#include "ufuncs.hpp"

// PyUFuncObject.vectorcall is a public per-object field. Ours is called first; what it does not take goes to
// the function that NumPy had put there. The objects stay genuine ufuncs for everything else.
namespace leaky_relu {
namespace {

namespace py = pybind11;

vectorcallfunc numpys_vectorcall = nullptr;
std::atomic<bool> fast_call_enabled{true};
std::atomic<int> bfloat16_type_number{-1};

// Live as long as the process, as NumPy's own do.
PyObject *negative_slope_name, *out_name, *ml_dtypes_name, *default_slope;

constexpr npy_intp release_gil_from_bytes = 1
                                            << 16;  // some 2 us of work, against 0.05 us to let go and retake

// ------------------------------------------------------------------------------------------ the short way

struct Arguments {
    PyObject *slope = nullptr, *out = nullptr;
};

// True for calls of the forms f(data...), with slope and out by position or keyword and no other keyword.
bool read_arguments(Operation op, PyObject* const* args, Py_ssize_t positional, PyObject* keywords,
                    Arguments& result) {
    const Py_ssize_t data = data_inputs[op];
    if (positional < data || positional > data + 2) return false;
    if (positional > data) result.slope = args[data];
    if (positional > data + 1) result.out = args[data + 1];
    for (Py_ssize_t i = 0, count = keywords ? PyTuple_GET_SIZE(keywords) : 0; i < count; ++i) {
        PyObject* name = PyTuple_GET_ITEM(keywords, i);  // as good as always interned, so the same object
        PyObject** where = name == out_name              ? &result.out
                           : name == negative_slope_name ? &result.slope
                                                         : nullptr;
        if (!where || *where) return false;
        *where = args[positional + i];
    }
    if (result.out == Py_None) result.out = nullptr;
    return true;
}

bool is_plain_array(PyObject* object) { return Py_TYPE(object) == &PyArray_Type; }

PyArrayObject* as_array(PyObject* object) { return reinterpret_cast<PyArrayObject*>(object); }

// The rounding to C may raise a flag that belongs to this call: the volatile read keeps it behind
// fp_status::clear().
template <class C, class From>
C round_slope(From value) {
    volatile From read = value;
    return static_cast<C>(read);
}

template <class C>
bool read_slope(PyObject* slope, C& result) {
    PyTypeObject* const type = slope ? Py_TYPE(slope) : nullptr;
    if (!slope) {
        result = C(default_negative_slope);
    } else if (type == &PyFloat_Type || type == &PyDoubleArrType_Type) {  // numpy.float64 is a float
        result = round_slope<C>(PyFloat_AS_DOUBLE(slope));
    } else if (type == &PyFloatArrType_Type) {
        result = round_slope<C>(PyArrayScalar_VAL(slope, Float));
    } else if (type == &PyLong_Type) {
        int overflow;
        const long long value = PyLong_AsLongLongAndOverflow(slope, &overflow);
        constexpr long long exact = 1LL << 53;
        if (overflow || value > exact || value < -exact) return false;
        result = round_slope<C>(double(value));
    } else if (type == &PyArray_Type) {
        PyArrayObject* array = as_array(slope);
        if (PyArray_NDIM(array) != 0 || !PyArray_ISBEHAVED_RO(array)) return false;
        const int number = PyArray_TYPE(array);
        if (number == NPY_DOUBLE) {
            result = round_slope<C>(*static_cast<const double*>(PyArray_DATA(array)));
        } else if (number == NPY_FLOAT) {
            result = round_slope<C>(*static_cast<const float*>(PyArray_DATA(array)));
        } else {
            return false;
        }
    } else {
        return false;
    }
    return true;
}

bool known_dtype(int type_number, DType& dtype) {
    switch (type_number) {
        case NPY_FLOAT:
            dtype = float32;
            return true;
        case NPY_DOUBLE:
            dtype = float64;
            return true;
        case NPY_HALF:
            dtype = float16;
            return true;
        default:
            dtype = bfloat16;
            return type_number == bfloat16_type_number.load(std::memory_order_relaxed);
    }
}

constexpr int order_flags = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS;

// Aligned, native and laid out as the model is, element beside element.
bool fits(PyArrayObject* array, PyArrayObject* model) {
    return PyArray_TYPE(array) == PyArray_TYPE(model) && PyArray_ISBEHAVED_RO(array) &&
           (PyArray_FLAGS(array) & PyArray_FLAGS(model) & order_flags) &&
           PyArray_NDIM(array) == PyArray_NDIM(model) &&
           PyArray_CompareLists(PyArray_DIMS(array), PyArray_DIMS(model), PyArray_NDIM(model));
}

// Either the very same elements or none in common; anything between is NumPy's to copy.
bool overlaps_partly(PyArrayObject* a, PyArrayObject* b, npy_intp bytes) {
    const char *p = PyArray_BYTES(a), *q = PyArray_BYTES(b);
    return p != q && p < q + bytes && q < p + bytes;
}

union Slope {  // in the compute type
    float single;
    double full;
};

// A new reference; or null without an exception where the call has to go through NumPy's machinery.
PyObject* try_fast_call(Operation op, PyObject* const* args, Py_ssize_t positional, PyObject* keywords) {
    Arguments given;
    if (!read_arguments(op, args, positional, keywords, given)) return nullptr;

    const int data = data_inputs[op];
    for (int k = 0; k < data; ++k) {
        if (!is_plain_array(args[k])) return nullptr;
    }
    PyArrayObject* const x = as_array(args[data - 1]);
    const npy_intp n = PyArray_SIZE(x), bytes = n * PyArray_ITEMSIZE(x);
    DType dtype;
    if (PyArray_NDIM(x) == 0 || n == 0 || !known_dtype(PyArray_TYPE(x), dtype) || !fits(x, x)) return nullptr;
    if (op == gradient && !fits(as_array(args[0]), x)) return nullptr;

    PyArrayObject* out = nullptr;
    if (given.out) {
        if (!is_plain_array(given.out)) return nullptr;
        out = as_array(given.out);
        if (!PyArray_ISWRITEABLE(out) || !fits(out, x)) return nullptr;
        for (int k = 0; k < data; ++k) {
            if (overlaps_partly(out, as_array(args[k]), bytes)) return nullptr;
        }
    }

    fp_status::clear();
    Slope slope;
    if (!(dtype == float64 ? read_slope(given.slope, slope.full) : read_slope(given.slope, slope.single))) {
        return nullptr;
    }
    if (out) {
        Py_INCREF(out);
    } else {
        const bool fortran = !PyArray_IS_C_CONTIGUOUS(x);
        out = as_array(PyArray_NewFromDescr(&PyArray_Type, PyArray_DescrFromType(PyArray_TYPE(x)),
                                            PyArray_NDIM(x), PyArray_DIMS(x), nullptr, nullptr, fortran,
                                            nullptr));
        if (!out) return nullptr;
    }

    char* operands[4];
    npy_intp steps[4];
    for (int k = 0; k < data; ++k) operands[k] = PyArray_BYTES(as_array(args[k]));
    operands[data] = reinterpret_cast<char*>(&slope);
    operands[data + 1] = PyArray_BYTES(out);
    for (int k = 0; k < data + 2; ++k) steps[k] = k == data ? 0 : PyArray_ITEMSIZE(x);

    const Kernel kernel = find_kernel(op, dtype);
    if (bytes < release_gil_from_bytes) {
        kernel(operands, steps, std::size_t(n));
    } else {
        PyThreadState* state = PyEval_SaveThread();
        kernel(operands, steps, std::size_t(n));
        PyEval_RestoreThread(state);
    }

    if (const int flags = fp_status::raised()) {
        if (PyUFunc_GiveFloatingpointErrors(ufunc_names[op], flags) < 0) {
            Py_DECREF(out);
            return nullptr;
        }
    }
    return reinterpret_cast<PyObject*>(out);
}

// -------------------------------------------------------------------------------------------- NumPy's way

// ufuncs choose loops by dtype and remember the choice, so bfloat16's have to be there before its first array
// is.
bool adopt_bfloat16() {
    if (bfloat16_type_number.load(std::memory_order_relaxed) >= 0) return true;
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

    if (!adopt_bfloat16()) return nullptr;
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

void install_fast_call(Operation operation, PyObject* ufunc) {
    auto* object = reinterpret_cast<PyUFuncObject*>(ufunc);
    const auto expected = Py_ssize_t(offsetof(PyUFuncObject, vectorcall));
    if (Py_TYPE(ufunc)->tp_vectorcall_offset != expected || !object->vectorcall) {
        throw py::import_error(
            "leaky_relu does not know this NumPy's ufuncs (their vectorcall is not where the headers it was "
            "built "
            "with have it); install a leaky-relu built for this NumPy, or an older NumPy");
    }
    if (!out_name) {
        negative_slope_name = PyUnicode_InternFromString("negative_slope");
        out_name = PyUnicode_InternFromString("out");
        ml_dtypes_name = PyUnicode_InternFromString("ml_dtypes");
        default_slope = PyFloat_FromDouble(default_negative_slope);
        if (!negative_slope_name || !out_name || !ml_dtypes_name || !default_slope)
            throw py::error_already_set();
        numpys_vectorcall = object->vectorcall;
    }
    object->vectorcall = operation == forward ? vectorcall<forward> : vectorcall<gradient>;
}

bool set_fast_call(bool enabled) { return fast_call_enabled.exchange(enabled); }

void set_bfloat16(int type_number) { bfloat16_type_number.store(type_number); }

}  // namespace leaky_relu
