#pragma once

#include <boost/json/fwd.hpp>
#include <memory>

#include "jobs/evidence/source.h"

namespace nightshift::jobs::evidence {

using Parsed = Result<std::shared_ptr<const EvidenceSource>>;

// One for each kind, each in the file of its name; `value` is what stands behind the kind's key.
Parsed parse_exit_code(const boost::json::value& value);
Parsed parse_duration_source(const boost::json::value& value);
Parsed parse_output(const boost::json::value& value);
Parsed parse_file(const boost::json::value& value);
Parsed parse_http(const boost::json::value& value);
Parsed parse_sql(const boost::json::value& value);
Parsed parse_git(const boost::json::value& value);
Parsed parse_delivery(const boost::json::value& value);
Parsed parse_tokens(const boost::json::value& value);
Parsed parse_artefacts(const boost::json::value& value);
Parsed parse_event(const boost::json::value& value);
Parsed parse_command(const boost::json::value& value);

}  // namespace nightshift::jobs::evidence
