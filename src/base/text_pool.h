#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>

#include "base/shared_text.h"

namespace nightshift {

// Makes equal texts one, for what is said a thousand times in the same words. Forgets by itself what nobody
// else has any more, in time proportional to what it is asked for. One thread at a time.
class TextPool {
public:
    // The same text, in the memory of the first one like it.
    SharedText share(const SharedText& text);

    size_t size() const { return known_.size(); }

private:
    static constexpr size_t kSweepFrom = 1'024;

    struct Hash {
        size_t operator()(const SharedText& text) const;
    };

    void sweep();

    boost::unordered_flat_set<SharedText, Hash> known_;
    size_t sweep_at_ = kSweepFrom;
};

}  // namespace nightshift
