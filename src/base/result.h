#pragma once

#include <fmt/core.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace nightshift {

// Why an operation failed, in terms a caller can act on. api/ maps each to one HTTP status.
enum class Code {
    kInvalid,  // the input is wrong; the same call fails again
    kNotFound,
    kConflict,      // the state moved on, or the id is taken
    kUnauthorized,  // who are you
    kForbidden,     // you may not
    kLimit,         // a queue, body, budget or quota is full; later may work
    kUnavailable,   // a peer or this part of the program is not there now
    kTimeout,
    kCancelled,
    kCorrupt,   // bytes on disk or wire are damaged
    kIo,        // the operating system refused
    kInternal,  // a bug
};

std::string_view to_string(Code code);

// An expected failure. `message` is for the operator: what was tried, on what, what came back, what to do.
struct Error {
    Code code = Code::kInternal;
    std::string message;
};

template <class T = void>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

template <class... Args>
[[nodiscard]] Failure fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
    return Failure(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

// kIo with `what`, the path and errno's text. Call it before anything else can change errno.
[[nodiscard]] Failure fail_errno(std::string_view what, std::string_view path);

}  // namespace nightshift

#define NS_CONCAT_(a, b) a##b
#define NS_CONCAT(a, b) NS_CONCAT_(a, b)

// NS_TRY(auto row, read(id)); declares `row` from the value, or returns the error from this function.
#define NS_TRY(declaration, expression) \
    NS_TRY_(return, NS_CONCAT(ns_result_, __COUNTER__), declaration, expression)
// The same inside a coroutine.
#define NS_CO_TRY(declaration, expression) \
    NS_TRY_(co_return, NS_CONCAT(ns_result_, __COUNTER__), declaration, expression)
#define NS_TRY_(leave, result, declaration, expression)                  \
    auto result = (expression);                                          \
    if (!result) leave ::nightshift::Failure(std::move(result).error()); \
    declaration = std::move(*result)
