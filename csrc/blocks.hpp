// A nest of loops cut into blocks that a kernel takes. Operands that do not lie as it needs them are copied, block
// by block, to and from buffers in the first cache.
#pragma once

#include "execute.hpp"

namespace leaky_relu {

class Blocks {
  public:
    Blocks(const Elementwise& job, const Nest& nest, Store store, bool several_threads);

    std::size_t count() const { return outer_ * row_blocks_ * column_blocks_; }
    std::size_t elements_each() const { return block_rows_ * block_columns_; }

    // Blocks are independent of each other, unless an output trails an input.
    void run(std::size_t begin, std::size_t end) const;

  private:
    // How a block gets at an operand.
    enum class Access {
        direct,   // as it lies
        per_row,  // one element for each row: a parameter that is not along
        strided,  // as it lies, element by element
        copied    // through a buffer, row beside row
    };
    struct Buffers;

    void choose_access();
    void choose_strided();
    void choose_shape();
    void run_block(std::size_t block, Buffers& buffers) const;
    std::ptrdiff_t size(int k) const { return operand_size(operation_, job_.dtype, k); }

    const Elementwise& job_;
    const Nest& nest_;
    const Operation& operation_;
    Kernel kernel_;
    Copier copiers_[most_operands];
    Access access_[most_operands];
    Along along_ = Along::none;
    Store store_;
    bool collapse_;  // narrow rows are laid beside each other and taken as one
    bool tiles_ = false, strided_ = false, any_copied_ = false, several_threads_;
    std::size_t outer_ = 1, block_rows_, block_columns_, row_blocks_, column_blocks_;
};

}  // namespace leaky_relu
