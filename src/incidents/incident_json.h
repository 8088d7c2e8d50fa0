#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "incidents/types.h"

// Incidents as JSON: the store's document and what the API shows. Times are Unix milliseconds or null, what
// took time is in microseconds, a fingerprint is 16 hex digits. Written as text, because each change of each
// incident is; whoever wants to add to it asks for the object.
namespace nightshift::incidents {

std::string to_json(const Incident& incident);
// For lists: without members, parts, notifications, timeline and the checks of the diagnosis.
std::string to_brief_json(const Incident& incident);
std::string to_json(const Member& member);

boost::json::object show(const Incident& incident);
boost::json::object show_brief(const Incident& incident);
boost::json::object show(const Diagnosis& diagnosis);
// Names and values as an object.
boost::json::object show(const Labels& labels);

// kCorrupt for what is no incident; the message names the member. Unknown members are ignored, those that are
// not there leave the default.
Result<Incident> parse_incident(std::string_view document);
Result<Diagnosis> parse_diagnosis(std::string_view document);

}  // namespace nightshift::incidents
