// libFuzzer: shapes and strides of all kinds, arranged, visit the same elements of all operands as before; what is said
// of overlap is what counting says.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <vector>

#include "../../csrc/layout.hpp"

using namespace leaky_relu;

namespace {

void check(bool condition) {
    if (!condition) std::abort();
}

struct Bytes {
    const std::uint8_t* at;
    std::size_t left;
    std::uint8_t next() { return left ? (--left, *at++) : 0; }
};

using Places = std::vector<std::ptrdiff_t>;  // of one element, for each operand

std::multiset<Places> visited(const Nest& nest) {
    std::multiset<Places> all;
    std::size_t count = 1;
    for (int axis = 0; axis < nest.axes; ++axis) count *= nest.shape[axis];
    for (std::size_t i = 0; i < count; ++i) {
        Places places(nest.offsets, nest.offsets + nest.operands);
        std::size_t rest = i;
        for (int axis = nest.axes - 1; axis >= 0; --axis) {
            const auto index = std::ptrdiff_t(rest % nest.shape[axis]);
            rest /= nest.shape[axis];
            for (int k = 0; k < nest.operands; ++k) places[std::size_t(k)] += index * nest.steps[axis][k];
        }
        all.insert(places);
    }
    return all;
}

// Whether bytes of an element of the output, `size` each, are those of another, or of one `distance` further on.
bool meet(const std::multiset<Places>& all, std::ptrdiff_t size, std::ptrdiff_t distance, bool themselves) {
    std::vector<std::ptrdiff_t> places;
    for (const Places& place : all) places.push_back(place.back());
    for (std::size_t i = 0; i < places.size(); ++i) {
        for (std::size_t j = themselves ? i + 1 : 0; j < places.size(); ++j) {
            if (std::abs(places[j] + distance - places[i]) < size) return true;
        }
    }
    return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    Bytes bytes{data, length};
    Nest nest;
    nest.operands = 2 + bytes.next() % (most_operands - 1);
    nest.axes = bytes.next() % 6;
    const std::ptrdiff_t size = std::ptrdiff_t(2) << bytes.next() % 3;
    std::size_t count = 1;
    for (int axis = 0; axis < nest.axes; ++axis) {
        nest.shape[axis] = 1 + bytes.next() % 5;
        if (count * nest.shape[axis] > 200) nest.shape[axis] = 1;
        count *= nest.shape[axis];
        for (int k = 0; k < nest.operands; ++k) {
            nest.steps[axis][k] = std::ptrdiff_t(std::int8_t(bytes.next())) * (bytes.next() % 2 ? size : 1);
        }
    }
    const std::ptrdiff_t distance = std::int8_t(bytes.next());

    int order[most_axes];
    numpys_order(nest, nest.output(), order);
    check(std::set<int>(order, order + nest.axes).size() == std::size_t(nest.axes));

    const auto before = visited(nest);
    arrange(nest);
    check(nest.axes >= 2 && visited(nest) == before);
    for (int axis = 0; axis < nest.axes; ++axis) check(nest.steps[axis][nest.output()] >= 0);
    if (output_is_injective(nest, size)) {
        check(!meet(before, size, 0, true));
        check(are_apart(nest, size, distance) != meet(before, size, distance, false));
    }
    choose_rows(nest, nest.output(), size);
    check(visited(nest) == before);
    return 0;
}
