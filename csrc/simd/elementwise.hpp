// The loop, once, for any Vec and any operation of the list: rows, whose elements lie beside each other.
//
// Elements are read in order and before the same or a later element is written, so an output that is one of
// the inputs, or that trails an input in memory (NumPy relies on that to avoid copies), is computed right on one
// thread. Only streaming stores, whose output overlaps no input, take another order.
#pragma once

#include <type_traits>

#include "rectifier.hpp"

namespace leaky_relu {
namespace {

// Stores that straddle cache lines cost twice (and streaming ones must not): from here on it pays to begin
// with a partial step that aligns the output.
template <class V>
constexpr std::size_t align_from = 16 * V::lanes;

template <class V>
std::size_t elements_to_alignment(const typename V::Element* out) {
    constexpr std::size_t width = V::lanes * sizeof(typename V::Element);
    return (0 - reinterpret_cast<std::uintptr_t>(out)) % width / sizeof(typename V::Element);
}

template <class V>
constexpr bool loads_strided_elements = loads_strided(float64) && std::is_same_v<typename V::Element, double>;

template <std::size_t op, class V, Along along, bool strided>
struct Row {
    static constexpr Operation operation = operations[op];
    static constexpr int output = operation.count();  // no call at run time: it would have external linkage
    using Functor = typename std::remove_cvref_t<decltype(std::get<op>(operation_list))>::Functor;
    using Element = typename V::Element;
    using Compute = typename V::Compute;
    using Raw = typename V::Raw;
    using Reg = typename V::Reg;

    const Element* in[operation.data];
    const std::ptrdiff_t* element_steps;
    const Compute* parameters[operation.parameters];
    Reg broadcast[operation.parameters];  // those that are one for the row
    Element* out;

    static constexpr bool is_along(int k) {
        return along == Along::all || (along == Along::all_but_slope && k + 1 < operation.parameters);
    }

    explicit Row(const Rows& job) : element_steps(job.element_steps) {
        for (int k = 0; k < operation.data; ++k) in[k] = reinterpret_cast<const Element*>(job.args[k]);
        for (int k = 0; k < operation.parameters; ++k) {
            parameters[k] = reinterpret_cast<const Compute*>(job.args[operation.data + k]);
            if (!is_along(k)) broadcast[k] = V::broadcast(*parameters[k]);
        }
        out = reinterpret_cast<Element*>(job.args[output]);
    }

    const Element* element(int k, std::size_t i) const {
        if constexpr (!strided) return in[k] + i;
        return at_step(in[k], std::ptrdiff_t(i) * element_steps[k]);
    }
    Raw load(int k, std::size_t i) const {
        if constexpr (strided) return V::load_strided(element(k, i), element_steps[k]);
        return V::load(in[k] + i);
    }
    Raw load_partial(int k, std::size_t i, std::size_t n) const {
        if constexpr (!strided) return V::load_partial(in[k] + i, n);
        Element first[V::lanes];
        for (std::size_t j = 0; j < n; ++j) first[j] = *element(k, i + j);
        return V::load_partial(first, n);
    }

    template <class T>
    static void move(T*& p, std::ptrdiff_t step) {
        p = at_step(p, step);
    }

    void go_to_next(const Rows& job) {
        for (int k = 0; k < operation.data; ++k) move(in[k], job.steps[k]);
        for (int k = 0; k < operation.parameters; ++k) {
            if (job.steps[operation.data + k] == 0) continue;
            move(parameters[k], job.steps[operation.data + k]);
            if (!is_along(k)) broadcast[k] = V::broadcast(*parameters[k]);
        }
        move(out, job.steps[output]);
    }

    // Several registers at a time: all loads before the first store.
    template <int unroll, Store store>
    void whole(std::size_t i) const {
        Reg results[unroll];
        for (int u = 0; u < unroll; ++u) {
            const std::size_t at = i + u * V::lanes;
            Raw values[operation.data];
            Reg factors[operation.parameters];
            for (int k = 0; k < operation.data; ++k) values[k] = load(k, at);
            for (int k = 0; k < operation.parameters; ++k) {
                factors[k] = is_along(k) ? V::load_parameters(parameters[k] + at) : broadcast[k];
            }
            results[u] = Functor::template apply<V>(values, factors);
        }
        for (int u = 0; u < unroll; ++u) {
            Element* const to = out + i + u * V::lanes;
            store == Store::streaming ? V::stream(to, results[u]) : V::store(to, results[u]);
        }
    }

    void partial(std::size_t i, std::size_t n) const {
        Raw values[operation.data];
        Reg factors[operation.parameters];
        for (int k = 0; k < operation.data; ++k) values[k] = load_partial(k, i, n);
        for (int k = 0; k < operation.parameters; ++k) {
            factors[k] = is_along(k) ? V::load_parameters_partial(parameters[k] + i, n) : broadcast[k];
        }
        V::store_partial(out + i, Functor::template apply<V>(values, factors), n);
    }

    // 256 bytes here and 256 bytes half a row further on, in turn: on Zen 5 some 4 % faster than straight
    // through, as is storing one register at a time. Returns how far that went. Not unrolled: memory takes longer.
    std::size_t two_streams(std::size_t i, std::size_t n) const {
        constexpr std::size_t turn = 256 / sizeof(Element);
        const std::size_t half = (n - i) / (2 * turn) * turn;
        for (const std::size_t end = i + half; i < end; i += turn) {
#pragma GCC unroll 1
            for (std::size_t u = 0; u < turn; u += V::lanes) whole<1, Store::streaming>(i + u);
#pragma GCC unroll 1
            for (std::size_t u = 0; u < turn; u += V::lanes) whole<1, Store::streaming>(i + half + u);
        }
        return i + half;
    }

    // Head and tail are one piece of code, which is not small.
    void run(std::size_t n, Store store) const {
        constexpr std::size_t lanes = V::lanes;
        const bool aligns = lanes > 1 && n >= align_from<V>;
        std::size_t i = 0, rest = aligns ? elements_to_alignment<V>(out) : 0;
        for (;; rest = n - i) {
            if (rest) partial(i, rest);
            i += rest;
            if (i == n) return;
            if constexpr (lanes > 1) {
                if (aligns && store == Store::streaming) i = two_streams(i, n);
                for (; i + 2 * lanes <= n; i += 2 * lanes) whole<2, Store::cached>(i);
            }
            for (; i + lanes <= n; i += lanes) whole<1, Store::cached>(i);
        }
    }
};

template <std::size_t op, class V, Along along, bool strided = false>
void kernel_along(const Rows& job) {
    Row<op, V, along, strided> row(job);
    // Short rows of whole registers, as of split heads: what run() decides for each takes as long as the work (rows of
    // 32: 147 us against 92, and PyTorch 115). For the dtype and form in which they are common, as all would cost 8 kB.
    if constexpr (std::is_same_v<typename V::Element, float> && V::lanes > 1 && along == Along::none) {
        if (job.n % V::lanes == 0 && job.n < align_from<V>) {
            const std::size_t n = job.n;  // which the compiler knows that no store changes
            for (std::size_t r = 0;;) {
                for (std::size_t i = 0; i < n; i += V::lanes) row.template whole<1, Store::cached>(i);
                if (++r >= job.rows) return;
                row.go_to_next(job);
            }
        }
    }
    for (std::size_t r = 0;;) {  // one call, of which the compiler makes one copy
        row.run(job.n, job.store);
        if (++r >= job.rows) break;
        row.go_to_next(job);
    }
    if (V::lanes > 1 && job.store == Store::streaming) V::fence();
}

template <std::size_t op, class V>
void kernel(const Rows& job) {
    if constexpr (loads_strided_elements<V>) {
        if (job.strided) return kernel_along<op, V, Along::none, true>(job);
    }
    if (job.along == Along::none) return kernel_along<op, V, Along::none>(job);
    if constexpr (operations[op].parameters > 1) {
        if (job.along == Along::all_but_slope) return kernel_along<op, V, Along::all_but_slope>(job);
    }
    kernel_along<op, V, Along::all>(job);
}

}  // namespace
}  // namespace leaky_relu
