#include "base/shared_text.h"

#include <atomic>
#include <cstring>
#include <limits>
#include <new>

#include "base/assert.h"

namespace nightshift {

// The bytes follow it.
struct SharedText::Block {
    std::atomic<uint32_t> owners{1};
    uint32_t size = 0;

    char* bytes() { return reinterpret_cast<char*>(this + 1); }
};

SharedText::SharedText(std::string_view text) {
    if (text.empty()) return;
    NS_ASSERT(text.size() <= std::numeric_limits<uint32_t>::max());
    block_ = new (::operator new(sizeof(Block) + text.size())) Block;
    block_->size = static_cast<uint32_t>(text.size());
    std::memcpy(block_->bytes(), text.data(), text.size());
}

SharedText::SharedText(const SharedText& other) : block_(other.block_) {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
}

SharedText::~SharedText() {
    if (block_ == nullptr || block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    block_->~Block();
    ::operator delete(block_);
}

std::string_view SharedText::view() const {
    // With an address also when empty: C libraries take one without for "no text at all".
    return block_ == nullptr ? std::string_view("") : std::string_view(block_->bytes(), block_->size);
}

bool SharedText::is_alone() const {
    return block_ != nullptr && block_->owners.load(std::memory_order_acquire) == 1;
}

}  // namespace nightshift
