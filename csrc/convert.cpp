#include "convert.hpp"

#include <bit>
#include <type_traits>

#include "half.hpp"

namespace leaky_relu {
namespace {

// Any byte but 0 is true: bool(255) as a view makes it is 1 to NumPy, and undefined in C++.
struct Boolean {
    std::uint8_t byte;
};

// float16 of all 8-bit integers, by their bits: a significand of 8 bits at most, without its leading one.
template <class Integer>
struct SmallHalves {
    std::uint16_t bits[256] = {};
    constexpr SmallHalves() {
        for (unsigned i = 1; i < 256; ++i) {
            const bool negative = std::is_signed_v<Integer> && i >= 128;
            const unsigned magnitude = negative ? 256 - i : i,
                           exponent = unsigned(std::bit_width(magnitude)) - 1;
            const unsigned significand = magnitude << (10 - exponent) & 0x3ffu;
            bits[i] = std::uint16_t((negative ? 0x8000u : 0) | (exponent + 15) << 10 | significand);
        }
    }
};
template <class Integer>
constexpr SmallHalves<Integer> small_halves;

template <class To, class From>
To converted(From value) {
    if constexpr (std::is_same_v<From, Boolean>) {
        return converted<To>(std::uint8_t(value.byte != 0));
    } else if constexpr (std::is_same_v<To, Half>) {
        return {small_halves<From>.bits[std::uint8_t(value)]};
    } else if constexpr (sizeof(From) == 2 && std::is_class_v<From>) {
        return To(widen(value));
    } else if constexpr (std::is_same_v<From, long double>) {
        return To(value);
    } else {
        return To(double(value));
    }
}

template <class From, class To>
void convert(const Copy& c) {
    for (std::size_t r = 0; r < c.rows; ++r) {
        const char* from = c.from + std::ptrdiff_t(r) * c.from_row;
        To* const to = reinterpret_cast<To*>(c.to + std::ptrdiff_t(r) * c.to_row);
        if (c.from_step == sizeof(From)) {
            const From* const source = reinterpret_cast<const From*>(from);
            for (std::size_t i = 0; i < c.n; ++i) to[i] = converted<To, From>(source[i]);
        } else if (c.from_step == 0) {
            const To value = converted<To, From>(*reinterpret_cast<const From*>(from));
            for (std::size_t i = 0; i < c.n; ++i) to[i] = value;
        } else {
            for (std::size_t i = 0; i < c.n; ++i, from += c.from_step) {
                to[i] = converted<To, From>(*reinterpret_cast<const From*>(from));
            }
        }
    }
}

// In the order of Source.
template <class To>
constexpr Reader to[] = {convert<Boolean, To>,       convert<std::int8_t, To>,   convert<std::uint8_t, To>,
                         convert<std::int16_t, To>,  convert<std::uint16_t, To>, convert<std::int32_t, To>,
                         convert<std::uint32_t, To>, convert<std::int64_t, To>,  convert<std::uint64_t, To>,
                         convert<Half, To>,          convert<BFloat16, To>,      convert<float, To>,
                         convert<double, To>,        convert<long double, To>};

}  // namespace

Reader read_parameter(Source source, DType dtype) {
    switch (dtype) {
        case float64:
            return source == Source::full ? nullptr : to<double>[int(source)];
        case longdouble:
            return nullptr;
        default:
            return source == Source::single ? nullptr : to<float>[int(source)];
    }
}

Reader read_integers(Source source) {
    switch (source) {
        case Source::boolean:
            return convert<Boolean, Half>;
        case Source::uint8:
            return convert<std::uint8_t, Half>;
        case Source::int8:
            return convert<std::int8_t, Half>;
        case Source::int16:
            return convert<std::int16_t, float>;
        case Source::uint16:
            return convert<std::uint16_t, float>;
        case Source::int32:
            return convert<std::int32_t, double>;
        case Source::uint32:
            return convert<std::uint32_t, double>;
        case Source::int64:
            return convert<std::int64_t, double>;
        case Source::uint64:
            return convert<std::uint64_t, double>;
        default:             // GCOVR_EXCL_LINE: floating-point numbers are
            return nullptr;  // GCOVR_EXCL_LINE: data as they are
    }
}

DType dtype_of_integers(Source source) {
    return source <= Source::uint8 ? float16 : source <= Source::uint16 ? float32 : float64;
}

}  // namespace leaky_relu
