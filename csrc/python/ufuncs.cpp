#include "ufuncs.hpp"

#include "../execute.hpp"
#include "../vec/scalar.hpp"
#include "numpy_api.hpp"

namespace leaky_relu {
namespace {

namespace py = pybind11;

template <class Element>
constexpr DType dtype_of = longdouble;
template <>
constexpr DType dtype_of<Half> = float16;
template <>
constexpr DType dtype_of<BFloat16> = bfloat16;
template <>
constexpr DType dtype_of<float> = float32;
template <>
constexpr DType dtype_of<double> = float64;

// In reduce and accumulate each x is the output before: at the same place, or one step behind.
bool folds(char* x, char* out, npy_intp x_step, npy_intp out_step) {
    return x_step == out_step && out - x == out_step;
}

// A ufunc loop rounds the slope to the compute type and hands over to the kernel in use. A scalar slope is
// rounded once, an array in blocks.
template <Operation operation, class Element, class Slope>
void loop(char** args, const npy_intp* dimensions, const npy_intp* steps, void* unused) {
    using Compute = typename Vec<Element>::Compute;
    constexpr int slope = data_inputs[operation], operands = slope + 2;
    constexpr std::size_t block = 256;

    const std::size_t n = std::size_t(dimensions[0]);
    if (operation == forward && n > 1 && folds(args[0], args[slope + 1], steps[0], steps[slope + 1])) {
        const npy_intp one = 1;
        for (std::size_t i = 0; i < n; ++i) {
            char* at[operands];
            for (int k = 0; k < operands; ++k) at[k] = args[k] + npy_intp(i) * steps[k];
            loop<operation, Element, Slope>(at, &one, steps, unused);
        }
        return;
    }
    if constexpr (std::is_same_v<Slope, Compute>) {
        execute(operation, dtype_of<Element>, args, steps, n);
    } else {
        const auto round = [&](std::size_t i) {
            using S = Vec<Slope>;
            const char* at = args[slope] + npy_intp(i) * steps[slope];
            return Compute(S::widen(S::load(reinterpret_cast<const Slope*>(at))));
        };
        const std::size_t at_once = steps[slope] == 0 ? n : block;
        char* now[operands];
        npy_intp now_steps[operands];
        for (int k = 0; k < operands; ++k) now_steps[k] = steps[k];
        now_steps[slope] = steps[slope] == 0 ? 0 : npy_intp(sizeof(Compute));
        Compute slopes[block];

        for (std::size_t begin = 0; begin < n; begin += at_once) {
            const std::size_t count = n - begin < at_once ? n - begin : at_once;
            for (int k = 0; k < operands; ++k) now[k] = args[k] + npy_intp(begin) * steps[k];
            for (std::size_t i = 0; i < (steps[slope] == 0 ? 1 : count); ++i) slopes[i] = round(begin + i);
            now[slope] = reinterpret_cast<char*>(slopes);
            execute(operation, dtype_of<Element>, now, now_steps, count);
        }
    }
}

struct Loop {
    PyUFuncGenericFunction function;
    char data, slope;  // NumPy's type numbers
};

// x decides, the slope never promotes: NumPy takes the first loop to which all operands cast safely, so for
// each type of x every type of slope follows, 16-bit slopes only where they are asked for by name (the last).
template <Operation op>
constexpr Loop loops[] = {
    {loop<op, Half, float>, NPY_HALF, NPY_FLOAT},
    {loop<op, Half, double>, NPY_HALF, NPY_DOUBLE},
    {loop<op, Half, long double>, NPY_HALF, NPY_LONGDOUBLE},
    {loop<op, float, float>, NPY_FLOAT, NPY_FLOAT},
    {loop<op, float, double>, NPY_FLOAT, NPY_DOUBLE},
    {loop<op, float, long double>, NPY_FLOAT, NPY_LONGDOUBLE},
    {loop<op, double, double>, NPY_DOUBLE, NPY_DOUBLE},
    {loop<op, double, long double>, NPY_DOUBLE, NPY_LONGDOUBLE},
    {loop<op, long double, long double>, NPY_LONGDOUBLE, NPY_LONGDOUBLE},
    {loop<op, Half, Half>, NPY_HALF, NPY_HALF},
};

template <Operation op>
py::object make() {
    constexpr int count = sizeof(loops<op>) / sizeof(Loop), operands = data_inputs[op] + 2;
    // NumPy keeps pointers to these tables.
    static PyUFuncGenericFunction functions[count];
    static char types[count * operands];
    static void* const no_data[count] = {};
    for (int i = 0; i < count; ++i) {
        functions[i] = loops<op>[i].function;
        for (int k = 0; k < operands; ++k) types[i * operands + k] = loops<op>[i].data;
        types[i * operands + data_inputs[op]] = loops<op>[i].slope;
    }
    PyObject* ufunc = PyUFunc_FromFuncAndData(functions, no_data, types, count, operands - 1, 1, PyUFunc_None,
                                              ufunc_names[op], nullptr, 0);
    if (!ufunc) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(ufunc);
}

template <Operation op, class Slope>
void add_bfloat16(PyObject* ufunc, int type_number, int slope_type) {
    int types[data_inputs[op] + 2];
    for (int& type : types) type = type_number;
    types[data_inputs[op]] = slope_type;
    if (PyUFunc_RegisterLoopForType(reinterpret_cast<PyUFuncObject*>(ufunc), type_number,
                                    loop<op, BFloat16, Slope>, types, nullptr) < 0) {
        throw py::error_already_set();
    }
}

template <Operation op>
void add_bfloat16(PyObject* ufunc, int type_number) {
    add_bfloat16<op, float>(ufunc, type_number, NPY_FLOAT);
    add_bfloat16<op, double>(ufunc, type_number, NPY_DOUBLE);
    add_bfloat16<op, long double>(ufunc, type_number, NPY_LONGDOUBLE);
}

}  // namespace

py::object make_ufunc(Operation operation) {
    return operation == forward ? make<forward>() : make<gradient>();
}

void register_bfloat16(Operation operation, PyObject* ufunc, int type_number) {
    operation == forward ? add_bfloat16<forward>(ufunc, type_number)
                         : add_bfloat16<gradient>(ufunc, type_number);
}

}  // namespace leaky_relu
