// The mathematics, once, for any Vec (vec/scalar.hpp states what a Vec is).
//
//     factor(x, s)      = 1 where x > 0, s elsewhere: at 0, at NaN, below      also the derivative
//     forward(x, s)     = x * factor(x, s)
//     gradient(g, x, s) = g * factor(x, s)
//
// The factor is selected first and multiplied once. Computing both sides and blending would raise overflow,
// underflow and invalid for elements nobody asked for (s * x where x is large and positive), and
// max(x, s * x) is another function altogether for s > 1 and for NaN.
#pragma once

namespace leaky_relu {
namespace {

template <class V, class X>
typename V::Reg factor(X x, typename V::Reg slope) {
    return V::select_positive(x, V::broadcast(1), slope);
}

struct Forward {
    static constexpr int inputs = 1;
    template <class V>
    static typename V::Reg apply(const typename V::Raw (&in)[inputs], typename V::Reg slope) {
        const typename V::Reg x = V::widen(in[0]);
        return V::multiply(x, factor<V>(x, slope));
    }
};

struct Gradient {
    static constexpr int inputs = 2;
    template <class V>
    static typename V::Reg apply(const typename V::Raw (&in)[inputs], typename V::Reg slope) {
        return V::multiply(V::widen(in[0]), factor<V>(in[1], slope));
    }
};

}  // namespace
}  // namespace leaky_relu
