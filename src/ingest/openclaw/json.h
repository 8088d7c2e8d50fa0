#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>

// Lenient reading of what a gateway sent: a member that is missing or of another type reads as the default,
// so that a weekly release with new shapes never breaks the bridge. Views live as long as the document.
namespace nightshift::ingest::openclaw {

std::string_view text(const boost::json::object& object, std::string_view key);
// Whole numbers; fractions are cut, and what does not fit is the fallback.
int64_t number(const boost::json::object& object, std::string_view key, int64_t fallback = 0);
double real(const boost::json::object& object, std::string_view key, double fallback = 0);
bool flag(const boost::json::object& object, std::string_view key);
bool has(const boost::json::object& object, std::string_view key);
// An empty one when it is missing.
const boost::json::object& child(const boost::json::object& object, std::string_view key);
const boost::json::array& items(const boost::json::object& object, std::string_view key);
const boost::json::object& as_object(const boost::json::value& value);

// Writes one flat JSON object. Empty texts are left out.
class ObjectWriter {
public:
    void add(std::string_view key, std::string_view value);
    void add_number(std::string_view key, int64_t value);
    void add_flag(std::string_view key, bool value);
    // `json` is a JSON value already.
    void add_json(std::string_view key, std::string_view json);
    // The object; "" when nothing was added.
    std::string take();

private:
    void key(std::string_view name);
    std::string out_;
};

}  // namespace nightshift::ingest::openclaw
