#pragma once

#include <string>
#include <vector>

#include "alerts/signal.h"
#include "api/system.h"
#include "delivery/types.h"
#include "fleet/view.h"
#include "gateway/gateway.h"
#include "incidents/facts.h"
#include "jobs/service.h"

// What other rooms know, as facts of a diagnosis. Pure but for the ledger, which is read.
namespace nightshift::app {

// The newest runs of a job with what evidence said, and how many were good and bad in the last two weeks.
Result<incidents::JobFacts> read_job_facts(store::Database& db, const jobs::JobView& view, Time now);

incidents::RunFact run_fact(const jobs::Occurrence& occurrence, const std::vector<jobs::Evidence>& evidence,
                            Time now);
incidents::ReceiptFact receipt_fact(const delivery::Delivery& delivery);

// Jobs and agents beside the subject and its own agent, from the newest verdicts and the fleet.
std::vector<incidents::SiblingFacts> sibling_facts(const std::vector<alerts::Signal>& verdicts,
                                                   const fleet::View* view, const incidents::Subject& subject,
                                                   std::string_view own_agent);

bool is_bad(fleet::AgentState state);

std::vector<incidents::DependencyFact> route_facts(const std::vector<gateway::RouteReport>& routes);
std::vector<incidents::DependencyFact> channel_facts(const std::vector<delivery::ChannelHealth>& channels);
// The sources we listen to that fail.
std::vector<incidents::DependencyFact> source_facts(const std::vector<api::Failing>& failing);

// From the JSON of a session or agent.
std::optional<incidents::ActivityFacts> activity_facts(std::string_view fleet_json, bool is_session);

incidents::ResourceFacts read_resources(const std::filesystem::path& data);

}  // namespace nightshift::app
