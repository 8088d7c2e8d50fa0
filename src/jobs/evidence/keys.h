#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace nightshift::jobs::evidence {

// Reads the members of one JSON object of a job's definition, strictly: a member that is not in `known`, or
// one of a wrong type, makes check() fail with kInvalid. The readers answer nothing for a member that is
// absent or wrong, so that a parser can read everything first and check once.
class Keys {
public:
    // `where` is how errors call the object: "http". `value` outlives the reader.
    Keys(std::string where, const boost::json::value& value, std::vector<std::string_view> known);

    bool has(std::string_view key) const { return find(key) != nullptr; }
    const boost::json::value* find(std::string_view key) const;
    std::optional<std::string> text(std::string_view key);
    std::optional<double> number(std::string_view key);
    // A whole number from 0 up.
    std::optional<uint64_t> count(std::string_view key);
    std::optional<bool> flag(std::string_view key);
    // "500ms", "5s", "10m", "2h", "1d", also joined: "1h30m".
    std::optional<std::chrono::milliseconds> duration(std::string_view key);
    std::vector<std::string> texts(std::string_view key);
    // One whole number or an array of them, each in [low, high].
    std::vector<int> integers(std::string_view key, int low, int high);
    // The object's only member that must be there; "" when it is not.
    std::string required(std::string_view key);

    // Notes a problem with the value of `key`; the first one noted wins.
    void complain(std::string_view key, std::string_view wanted);
    void refuse(std::string message);
    // kInvalid with the first problem: the key, what it said and what is allowed.
    Result<void> check() const;
    const std::string& where() const { return where_; }

private:
    std::string where_;
    const boost::json::object* object_ = nullptr;
    std::vector<std::string_view> known_;
    std::string problem_;
};

// The text of Keys::duration().
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// The shortest such text: "1h30m", "250ms".
std::string duration_text(std::chrono::milliseconds duration);

// "a, b, c"
std::string joined(const std::vector<std::string_view>& words);

// "'pat' is not a key of http; did you mean 'path'? Allowed: url, method, …"
Failure unknown_key(std::string_view where, std::string_view key, const std::vector<std::string_view>& known);

}  // namespace nightshift::jobs::evidence
