#include "operands.hpp"

#include <atomic>
#include <climits>
#include <type_traits>

namespace leaky_relu {
namespace {

constexpr int no_type_number = INT_MIN;
std::atomic<int> bfloat16_number{no_type_number};

template <std::size_t size>
constexpr Source signed_integer = size == 8   ? Source::int64
                                  : size == 4 ? Source::int32
                                              : Source::int16;
template <std::size_t size>
constexpr Source unsigned_integer = size == 8   ? Source::uint64
                                    : size == 4 ? Source::uint32
                                                : Source::uint16;

// The volatile read keeps the rounding behind whatever cleared the flags; where nothing is rounded it would cost.
template <class From>
void round_to(DType dtype, From from, Scalar& value) {
    if constexpr (std::is_same_v<From, float>) {
        if (parameter_type_number(dtype) == NPY_FLOAT) {
            value.single = from;
            return;
        }
    }
    volatile From read = from;
    switch (dtype) {
        case longdouble:
            value.extended = static_cast<long double>(read);
            break;
        case float64:
            value.full = static_cast<double>(read);
            break;
        default:
            value.single = static_cast<float>(read);
    }
}

}  // namespace

int bfloat16_type_number() { return bfloat16_number.load(std::memory_order_relaxed); }
void set_bfloat16_type_number(int number) { bfloat16_number.store(number < 0 ? no_type_number : number); }

bool dtype_of(int type_number, DType& dtype) {
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
        case NPY_LONGDOUBLE:
            dtype = longdouble;
            return true;
        default:
            dtype = bfloat16;
            return type_number == bfloat16_type_number();
    }
}

int type_number_of(DType dtype) {
    switch (dtype) {
        case float16:
            return NPY_HALF;
        case bfloat16:
            return bfloat16_type_number();
        default:
            return parameter_type_number(dtype);
    }
}

bool source_of(int type_number, Source& source) {
    switch (type_number) {
        case NPY_BOOL:
            source = Source::boolean;
            return true;
        case NPY_BYTE:
            source = Source::int8;
            return true;
        case NPY_UBYTE:
            source = Source::uint8;
            return true;
        case NPY_SHORT:
            source = signed_integer<sizeof(short)>;
            return true;
        case NPY_USHORT:
            source = unsigned_integer<sizeof(short)>;
            return true;
        case NPY_INT:
            source = signed_integer<sizeof(int)>;
            return true;
        case NPY_UINT:
            source = unsigned_integer<sizeof(int)>;
            return true;
        case NPY_LONG:
            source = signed_integer<sizeof(long)>;
            return true;
        case NPY_ULONG:
            source = unsigned_integer<sizeof(long)>;
            return true;
        case NPY_LONGLONG:
            source = Source::int64;
            return true;
        case NPY_ULONGLONG:
            source = Source::uint64;
            return true;
        case NPY_HALF:
            source = Source::half;
            return true;
        case NPY_FLOAT:
            source = Source::single;
            return true;
        case NPY_DOUBLE:
            source = Source::full;
            return true;
        case NPY_LONGDOUBLE:
            source = Source::extended;
            return true;
        default:
            source = Source::bfloat16;
            return type_number == bfloat16_type_number();
    }
}

bool read_parameter(PyObject* object, DType dtype, Scalar& value, int most_dimensions) {
    PyTypeObject* const type = Py_TYPE(object);
    if (type == &PyArray_Type) {
        PyArrayObject* const array = as_array(object);
        if (PyArray_NDIM(array) > most_dimensions || count_elements(array) != 1 ||
            !PyArray_ISBEHAVED_RO(array))
            return false;
        const void* const data = PyArray_DATA(array);
        if (PyArray_TYPE(array) == NPY_FLOAT) {
            round_to(dtype, *static_cast<const float*>(data), value);
        } else if (PyArray_TYPE(array) == NPY_DOUBLE) {
            round_to(dtype, *static_cast<const double*>(data), value);
        } else {
            return false;
        }
    } else if (type == &PyFloat_Type || type == &PyDoubleArrType_Type) {  // numpy.float64 is a float
        round_to(dtype, PyFloat_AS_DOUBLE(object), value);
    } else if (type == &PyFloatArrType_Type) {
        round_to(dtype, PyArrayScalar_VAL(object, Float), value);
    } else if (type == &PyLong_Type) {
        int overflow;
        const long long integer = PyLong_AsLongLongAndOverflow(object, &overflow);
        constexpr long long exact = 1LL << 53;
        if (overflow || integer > exact || integer < -exact) return false;
        round_to(dtype, double(integer), value);
    } else {
        return false;
    }
    return true;
}

void read_longdouble_parameter(PyObject* object, DType dtype, Scalar& value) {
    round_to(dtype, *static_cast<const long double*>(PyArray_DATA(as_array(object))), value);
}

}  // namespace leaky_relu
