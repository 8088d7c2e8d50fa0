#pragma once

#include <functional>
#include <utility>

#include "base/result.h"

namespace nightshift::ingest::openclaw {

// Answers once, also when the work that should have answered was cancelled.
template <class T>
class Answer {
public:
    explicit Answer(std::function<void(Result<T>)> done) : done_(std::move(done)) {}
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;
    ~Answer() { give(fail(Code::kCancelled, "the bridge was stopped")); }

    void give(Result<T> result) {
        if (!done_) return;
        auto done = std::exchange(done_, nullptr);
        done(std::move(result));
    }

private:
    std::function<void(Result<T>)> done_;
};

}  // namespace nightshift::ingest::openclaw
