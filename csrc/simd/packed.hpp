// The loop, once, for any Vec and the packed operations of rectifier.hpp: a contiguous array beside a string of
// bits, one per element.
//
// As in elementwise.hpp a partial step first aligns the output, so the bits of all further steps may begin amid a
// byte. They are taken 64 at a time, which makes the shifts that this needs cheap.
#pragma once

#include "elementwise.hpp"

namespace leaky_relu {
namespace {

constexpr std::size_t word_bits = 64;

// Compilers make one instruction of these where n is 8.
inline std::uint64_t load_bytes(const std::uint8_t* p, std::size_t n) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < n; ++i) word |= std::uint64_t(p[i]) << 8 * i;
    return word;
}
inline void store_bytes(std::uint8_t* p, std::uint64_t word, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) p[i] = std::uint8_t(word >> 8 * i);
}

// Eight bits <-> eight bytes of 0 or 1, by a multiplication that moves each to its place without a carry.
struct Bytes {
    std::uint8_t at[word_bits];
};
inline Bytes bytes_of_bits(std::uint64_t word) {
    Bytes bytes;
    for (std::size_t k = 0; k < 8; ++k) {
        const std::uint64_t spread = (word >> 8 * k & 0xff) * 0x0101010101010101u & 0x8040201008040201u;
        store_bytes(&bytes.at[8 * k], (spread + 0x7f7f7f7f7f7f7f7fu) >> 7 & 0x0101010101010101u, 8);
    }
    return bytes;
}
inline std::uint64_t bits_of_bytes(const Bytes& bytes) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 8; ++k) {
        word |= (load_bytes(&bytes.at[8 * k], 8) * 0x0102040810204080u >> 56) << 8 * k;
    }
    return word;
}

// begin(n) gives the operation the next n bits and end(word, n) takes them back, with zeros after them. A forward
// operation sets bits and never looks at them: it is given zeros. A gradient reads them and leaves them alone.
struct BitReader {
    const std::uint8_t* at;
    unsigned used = 0;  // bits of *at

    std::uint64_t begin(std::size_t n) const {
        const std::size_t bytes = (used + n + 7) / 8;
        const std::uint64_t word =
            (n == word_bits ? load_bytes(at, 8) : load_bytes(at, bytes < 8 ? bytes : 8)) >> used;
        return bytes > 8 ? word | std::uint64_t(at[8]) << (word_bits - used) : word;
    }
    void end(std::uint64_t, std::size_t n) {
        at += (used + n) / 8;
        used = (used + n) % 8;
    }
    void finish() const {}
};

struct BitWriter {
    std::uint8_t* at;
    unsigned used = 0;  // bits of *at, which are in `pending` for now
    std::uint64_t pending = 0;

    std::uint64_t begin(std::size_t) const { return 0; }
    void end(std::uint64_t word, std::size_t n) {
        const std::size_t bytes = (used + n) / 8;
        pending |= word << used;
        n == word_bits ? store_bytes(at, pending, 8) : store_bytes(at, pending, bytes);
        at += bytes;
        pending = bytes < 8 ? pending >> 8 * bytes : used ? word >> (word_bits - used) : 0;
        used = (used + n) % 8;
    }
    void finish() const {
        if (used) *at = std::uint8_t(pending);
    }
};

template <class Op, class Bits, class V, Store mode>
struct Packed {
    using Element = typename V::Element;
    using Raw = typename V::Raw;
    using Reg = typename V::Reg;

    const Element* in;
    Element* out;
    Reg slope;
    Bits bits;

    void whole(std::size_t i) {
        std::uint64_t word = bits.begin(word_bits);
        if constexpr (V::lanes == 1) {
            bits.end(one_by_one(i, word), word_bits);
            return;
        }
        for (std::size_t lane = 0; lane < word_bits; lane += V::lanes) {
            Signs signs{std::uint32_t(word >> lane)};
            const Reg result = Op::template apply<V>(V::load(in + i + lane), slope, signs);
            mode == Store::streaming ? V::stream(out + i + lane, result) : V::store(out + i + lane, result);
            word |= std::uint64_t(signs.bits) << lane;
        }
        bits.end(word, word_bits);
    }

    // Loops over bytes, of which the compiler makes vectors, where one over the bits of a word stays one.
    std::uint64_t one_by_one(std::size_t i, std::uint64_t word) const {
        Bytes positive = bytes_of_bits(word);
        Raw values[word_bits];
        for (std::size_t k = 0; k < word_bits; ++k) values[k] = V::load(in + i + k);
        for (std::size_t k = 0; k < word_bits; ++k) {
            Signs signs{positive.at[k]};
            V::store(out + i + k, Op::template apply<V>(values[k], slope, signs));
            positive.at[k] = std::uint8_t(signs.bits);
        }
        return bits_of_bytes(positive);
    }

    // n < word_bits. The idle lanes of a register, which repeat its first element, count as positive: times 1
    // nothing happens to them.
    void partial(std::size_t i, std::size_t n) {
        std::uint64_t word = bits.begin(n) | ~std::uint64_t(0) << n;
        for (std::size_t lane = 0; lane < n; lane += V::lanes) {
            const Element* const from = in + i + lane;
            Element* const to = out + i + lane;
            const std::size_t rest = n - lane;
            Signs signs{std::uint32_t(word >> lane)};
            const Raw value = rest < V::lanes ? V::load_partial(from, rest) : V::load(from);
            const Reg result = Op::template apply<V>(value, slope, signs);
            rest < V::lanes ? V::store_partial(to, result, rest) : V::store(to, result);
            word |= std::uint64_t(signs.bits) << lane;
        }
        bits.end(word & ~(~std::uint64_t(0) << n), n);
    }

    void run(std::size_t n) {
        std::size_t i = 0, rest = V::lanes > 1 && n >= align_from<V> ? elements_to_alignment<V>(out) : 0;
        for (;; rest = n - i) {  // head and tail, as in elementwise.hpp
            if (rest) partial(i, rest);
            i += rest;
            if (i == n) break;
            for (; i + word_bits <= n; i += word_bits) whole(i);
        }
        bits.finish();
        if (mode == Store::streaming) V::fence();
    }
};

template <class Op, class Bits, class V, Store mode>
void packed(const PackedArguments& arguments, std::size_t n) {
    using Element = typename V::Element;
    const auto* const in = reinterpret_cast<const Element*>(arguments.input);
    auto* const out = reinterpret_cast<Element*>(arguments.output);
    const auto slope = V::broadcast(*reinterpret_cast<const typename V::Compute*>(arguments.slope));
    Packed<Op, Bits, V, mode>{in, out, slope, {arguments.signs}}.run(n);
}

template <class Op, class Bits, class V>
void packed_kernel(const PackedArguments& arguments, std::size_t n, Store store) {
    if constexpr (V::lanes > 1) {
        if (store == Store::streaming && n >= align_from<V>) {
            return packed<Op, Bits, V, Store::streaming>(arguments, n);
        }
    }
    packed<Op, Bits, V, Store::cached>(arguments, n);
}

}  // namespace
}  // namespace leaky_relu
