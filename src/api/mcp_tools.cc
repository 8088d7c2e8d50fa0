#include "api/mcp_tools.h"

namespace nightshift::api {

const std::vector<McpTool>& mcp_tools() {
    static const std::vector<McpTool> kTools{
        {"claim_work",
         "Say whether you did the work of an occurrence, in your own words. A claim proves nothing: the "
         "verdict rests "
         "on evidence that others hold, and a claim that the evidence contradicts is shown as contradicted. "
         "In a run "
         "that Nightshift started, the occurrence and the fence are in NIGHTSHIFT_OCCURRENCE and "
         "NIGHTSHIFT_FENCE.",
         net::Method::kPost, "/api/v1/occurrences/{id}/claims",
         R"({"type":"object","properties":{"id":{"type":"string","description":"The occurrence, such as morning-report@2026-11-22T07:00:00Z"},"done":{"type":"boolean"},"text":{"type":"string","description":"What was done, or why not; at most 4 KiB"},"fence":{"type":"integer","description":"Of the claim you act under; a stale one is refused"}},"required":["id","done"],"additionalProperties":false})",
         true},
        {"list_jobs", "The scheduled jobs: when each runs next, and what became of its last occurrences.",
         net::Method::kGet, "/api/v1/jobs",
         R"({"type":"object","properties":{"strip":{"type":"integer","minimum":0,"maximum":60,"description":"How many occurrences of each"}},"additionalProperties":false})"},
        {"list_runs", "What became of planned work, newest first: each occurrence with its verdict and why.",
         net::Method::kGet, "/api/v1/occurrences",
         R"({"type":"object","properties":{"job":{"type":"string"},"verdict":{"type":"string","enum":["verified","unverified","contradicted","failed","late","missed","skipped","silent_ok"]},"limit":{"type":"integer","minimum":1,"maximum":1000},"cursor":{"type":"string"}},"additionalProperties":false})"},
        {"explain_run",
         "One occurrence with its attempts, the evidence observed and by whom, claims and deliveries: why "
         "its verdict "
         "is what it is.",
         net::Method::kGet, "/api/v1/occurrences/{id}",
         R"({"type":"object","properties":{"id":{"type":"string","description":"The occurrence, such as morning-report@2026-11-22T07:00:00Z"}},"required":["id"],"additionalProperties":false})"},
        {"explain_job", "When a job runs next, and what must be true after each of its runs.",
         net::Method::kGet, "/api/v1/jobs/{name}/explain",
         R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false})"},
        {"run_job", "Start a job now, beside its schedule.", net::Method::kPost, "/api/v1/jobs/{name}/run",
         R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false})",
         true},
        {"list_incidents",
         "What people have to deal with now: each incident with its severity and diagnosis.",
         net::Method::kGet, "/api/v1/incidents",
         R"({"type":"object","properties":{"state":{"type":"string","enum":["unresolved","open","acknowledged","resolved"]},"severity":{"type":"string","enum":["critical","warning","info"]},"limit":{"type":"integer","minimum":1,"maximum":500}},"additionalProperties":false})"},
        {"raise_incident",
         "Say that an incident matters more than it is taken for, and why. It wakes people sooner; nothing "
         "lowers a "
         "severity this way.",
         net::Method::kPost, "/api/v1/incidents/{id}/raise",
         R"({"type":"object","properties":{"id":{"type":"string","description":"The incident, such as inc_…"},"severity":{"type":"string","enum":["warning","critical"]},"why":{"type":"string","description":"Who is affected and how; people read it"}},"required":["id","severity","why"],"additionalProperties":false})",
         true},
        {"list_sessions", "The agents' sessions now: state, current tool, tokens and cost.",
         net::Method::kGet, "/api/v1/sessions",
         R"({"type":"object","properties":{"agent":{"type":"string"},"state":{"type":"string","description":"One or several, separated by commas"},"limit":{"type":"integer","minimum":1,"maximum":1000}},"additionalProperties":false})"},
    };
    return kTools;
}

}  // namespace nightshift::api
