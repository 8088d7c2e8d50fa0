#include "base/text_pool.h"

#include <xxhash.h>

#include <algorithm>

namespace nightshift {

size_t TextPool::Hash::operator()(const SharedText& text) const {
    return XXH3_64bits(text.view().data(), text.size());
}

SharedText TextPool::share(const SharedText& text) {
    if (text.empty()) return text;
    if (known_.size() >= sweep_at_) sweep();
    return *known_.insert(text).first;
}

void TextPool::sweep() {
    erase_if(known_, [](const SharedText& each) { return each.is_alone(); });
    sweep_at_ = std::max(kSweepFrom, known_.size() * 2);
}

}  // namespace nightshift
