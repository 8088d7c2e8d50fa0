#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

namespace nightshift::gateway::translate {

// Members of what a provider answered: it may hold more, and less, than we know of. One that is missing or of
// another kind is "" or null. Pointers live as long as `object`.
std::string text_of(const boost::json::object& object, std::string_view key);
const boost::json::object* object_of(const boost::json::object& object, std::string_view key);
const boost::json::array* array_of(const boost::json::object& object, std::string_view key);

}  // namespace nightshift::gateway::translate
