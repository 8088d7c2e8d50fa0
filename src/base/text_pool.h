#pragma once

#include <cstddef>
#include <memory>

#include "base/shared_text.h"

namespace nightshift {

// Makes equal texts one, for what is said a thousand times in the same words. Forgets by itself what nobody
// else has any more, in time proportional to what it is asked for. One thread at a time.
class TextPool {
public:
    TextPool();
    ~TextPool();
    TextPool(const TextPool&) = delete;
    TextPool& operator=(const TextPool&) = delete;

    // The same text, in the memory of the first one like it.
    SharedText share(const SharedText& text);

    size_t size() const;

private:
    static constexpr size_t kSweepFrom = 1'024;
    struct Known;

    void sweep();

    std::unique_ptr<Known> known_;
    size_t sweep_at_ = kSweepFrom;
};

}  // namespace nightshift
