#pragma once

#include <functional>
#include <utility>

#include "io/completion.h"
#include "io/loop.h"

namespace nightshift::io {

// Runs `question` on `loop`, after what was posted before, and resumes the caller on its own loop with the
// answer. `loop` must outlive the question.
template <class T>
Task<T> ask(Loop& loop, std::function<T()> question) {
    std::function<void(std::function<void(T)>)> start =
        [&loop, question = std::move(question)](std::function<void(T)> done) {
            loop.post([question, done = std::move(done)] { done(question()); });
        };
    T answer = co_await completion<T>(std::move(start));
    co_return answer;
}

}  // namespace nightshift::io
