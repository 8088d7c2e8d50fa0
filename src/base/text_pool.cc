#include "base/text_pool.h"

#include <xxhash.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>

namespace nightshift {
namespace {

struct Hash {
    size_t operator()(const SharedText& text) const {
        return XXH3_64bits(text.view().data(), text.view().size());
    }
};

}  // namespace

struct TextPool::Known {
    boost::unordered_flat_set<SharedText, Hash> texts;
};

TextPool::TextPool() : known_(std::make_unique<Known>()) {}
TextPool::~TextPool() = default;

SharedText TextPool::share(const SharedText& text) {
    if (text.empty()) return text;
    if (size() >= sweep_at_) sweep();
    return *known_->texts.insert(text).first;
}

size_t TextPool::size() const {
    return known_->texts.size();
}

void TextPool::sweep() {
    erase_if(known_->texts, [](const SharedText& each) { return each.is_alone(); });
    sweep_at_ = std::max(kSweepFrom, size() * 2);
}

}  // namespace nightshift
