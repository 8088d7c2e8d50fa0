#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"

namespace nightshift::cli {
namespace {

namespace json = boost::json;

// "in 5 min", "3 h ago".
std::string when(int64_t then_ms, int64_t now) {
    if (then_ms == 0) return "-";
    return then_ms > now ? "in " + age(now, then_ms) : age(then_ms, now) + " ago";
}

// One letter for each occurrence, oldest first, as the pages draw them.
char mark(const json::object& occurrence) {
    std::string verdict = text_at(occurrence, "verdict");
    if (verdict.empty()) return text_at(occurrence, "phase") == "planned" ? '.' : '>';
    if (verdict == "verified") return 'V';
    if (verdict == "unverified") return '?';
    if (verdict == "contradicted") return 'X';
    if (verdict == "failed") return 'F';
    if (verdict == "late") return 'L';
    if (verdict == "missed") return 'M';
    return verdict == "skipped" ? 's' : 'o';
}

std::string strip_of(const json::object& job) {
    std::string marks;
    for (const json::value& each : job.at("strip").as_array())
        marks.insert(marks.begin(), mark(each.as_object()));
    return marks;
}

bool is_bad(std::string_view verdict) {
    return verdict == "failed" || verdict == "contradicted" || verdict == "missed";
}

std::string verdict_of(const json::object& occurrence) {
    std::string verdict = text_at(occurrence, "verdict");
    if (verdict.empty()) verdict = text_at(occurrence, "phase");
    return occurrence.contains("override") ? verdict + " (a person's word)" : verdict;
}

std::string why_of(const json::object& occurrence) {
    std::string why = text_at(occurrence, "why");
    std::string warning = text_at(occurrence, "warning");
    if (!warning.empty()) why += (why.empty() ? "" : "; ") + ("warning: " + warning);
    return why;
}

void print_audit(const json::object& answer) {
    const json::object* audit = answer.at("audit").if_object();
    if (audit == nullptr) return void(std::puts("the ledger was not audited yet"));
    const json::object& totals = audit->at("totals").as_object();
    std::string line = fmt::format("{} planned", number_at(totals, "planned"));
    for (const auto& [verdict, count] : totals.at("verdicts").as_object()) {
        if (count.to_number<int64_t>() > 0)
            line += fmt::format(", {} {}", count.to_number<int64_t>(), std::string_view(verdict));
    }
    bool holds = audit->at("holds").as_bool();
    std::printf("%s, %lld in flight; the ledger %s (checked %s ago)\n", line.c_str(),
                static_cast<long long>(number_at(totals, "in_flight")), holds ? "adds up" : "DOES NOT ADD UP",
                age(number_at(*audit, "time_ms"), now_ms()).c_str());
    for (const json::value& each : audit->at("discrepancies").as_array())
        std::printf("  %s: %s\n", text_at(each.as_object(), "job").c_str(),
                    text_at(each.as_object(), "what").c_str());
}

void print_occurrence(const json::object& occurrence) {
    std::printf("%s  %s\n", text_at(occurrence, "id").c_str(), verdict_of(occurrence).c_str());
    std::printf("  why: %s\n", why_of(occurrence).empty() ? "-" : why_of(occurrence).c_str());
    if (std::string note = text_at(occurrence, "note"); !note.empty())
        std::printf("  note: %s\n", note.c_str());
    for (const json::value& each : occurrence.at("attempts").as_array()) {
        const json::object& attempt = each.as_object();
        const json::object* execution = attempt.at("execution").if_object();
        std::string how = execution == nullptr               ? "runs"
                          : execution->contains("error")     ? text_at(*execution, "error")
                          : execution->contains("timed_out") ? "stopped at its timeout"
                          : execution->contains("lost")      ? "how it ended is not known"
                          : execution->contains("signal")
                              ? fmt::format("signal {}", number_at(*execution, "signal"))
                              : fmt::format("exit {}", number_at(*execution, "exit_code"));
        std::printf("  attempt %lld: %s\n", static_cast<long long>(number_at(attempt, "attempt")),
                    how.c_str());
    }
    for (const json::value& each : occurrence.at("evidence").as_array()) {
        const json::object& evidence = each.as_object();
        std::printf("  %-8s %s (%s): %s, says %s%s\n", text_at(evidence, "outcome").c_str(),
                    text_at(evidence, "expectation").c_str(), text_at(evidence, "impact").c_str(),
                    text_at(evidence, "observed").c_str(), text_at(evidence, "observer").c_str(),
                    evidence.at("is_claimants_word").as_bool() ? " (the work's own word)" : "");
    }
    for (const json::value& each : occurrence.at("claims").as_array()) {
        const json::object& claim = each.as_object();
        const json::value& done = claim.at("says_done");
        std::printf("  %s %s: %s\n", text_at(claim, "by").c_str(),
                    done.is_null()   ? "notes"
                    : done.as_bool() ? "says done"
                                     : "says not done",
                    text_at(claim, "text").c_str());
    }
    for (const json::value& each : occurrence.at("deliveries").as_array()) {
        const json::object& delivery = each.as_object();
        const json::object* receipt = delivery.at("receipt").if_object();
        std::printf("  delivery to %s: %s %s\n", text_at(delivery, "channel").c_str(),
                    text_at(delivery, "state").c_str(),
                    receipt ? text_at(*receipt, "identifier").c_str() : text_at(delivery, "why").c_str());
    }
}

Result<json::object> find_occurrence(const Connection& connection, const std::string& id) {
    NS_TRY(json::value answer, get_json(connection, "/api/v1/occurrences/" + percent_encode(id)));
    return answer.as_object();
}

}  // namespace

int run_jobs(const Connection& connection, bool json) {
    auto answer = get_json(connection, "/api/v1/jobs?strip=24");
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    Table table({"JOB", "SCHEDULE", "NEXT", "LAST 24", "LAST VERDICT", "WHY"});
    bool all_good = true;
    for (const json::value& each : answer->at("items").as_array()) {
        const json::object& job = each.as_object();
        const json::array& strip = job.at("strip").as_array();
        std::string verdict = strip.empty() ? "-" : verdict_of(strip.front().as_object());
        all_good = all_good && !is_bad(verdict);
        std::string why = strip.empty() ? "" : why_of(strip.front().as_object());
        if (job.at("is_paused").as_bool()) why = "paused: " + text_at(job, "paused_why");
        table.add({text_at(job, "name"), text_at(job, "schedule"), when(number_at(job, "next_ms"), now_ms()),
                   strip_of(job), verdict, std::string(truncate_utf8(why, 80))});
    }
    std::fputs(table.text().c_str(), stdout);
    print_audit(answer->as_object());
    return all_good ? kOk : kBad;
}

int run_job_action(const Connection& connection, const std::string& job, const std::string& action,
                   const std::string& reason, bool json) {
    json::object body;
    if (!reason.empty()) body["reason"] = reason;
    auto answer = post_json(connection, fmt::format("/api/v1/jobs/{}/{}", percent_encode(job), action), body);
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    if (answer->is_object() && answer->as_object().contains("occurrence")) {
        std::printf("started as %s\n", text_at(answer->as_object(), "occurrence").c_str());
    } else {
        std::printf("%s: %sd\n", job.c_str(), action.c_str());
    }
    return kOk;
}

int run_job_explain(const Connection& connection, const std::string& job, bool json) {
    auto answer = get_json(connection, fmt::format("/api/v1/jobs/{}/explain", percent_encode(job)));
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    const json::object& told = answer->as_object();
    std::string schedule = text_at(told, "schedule");
    std::printf("%s runs %s\n", job.c_str(),
                schedule.empty() ? "when it is told to, or says so itself" : schedule.c_str());
    for (const json::value& each : told.at("next").as_array()) {
        const json::object& next = each.as_object();
        std::printf("  %s  %s  %s\n", text_at(next, "nominal").c_str(),
                    when(number_at(next, "start_ms"), now_ms()).c_str(), text_at(next, "note").c_str());
    }
    const json::array& expectations = told.at("expectations").as_array();
    if (expectations.empty())
        std::puts("It promises nothing that could be checked: it will always be unverified.");
    for (const json::value& each : expectations) {
        const json::object& expectation = each.as_object();
        std::string paths;
        for (const json::value& path : expectation.at("any_of").as_array())
            paths += (paths.empty() ? "" : ", or ") + std::string(path.as_string());
        std::printf("  expects %s (%s): %s\n", text_at(expectation, "name").c_str(),
                    text_at(expectation, "impact").c_str(), paths.c_str());
    }
    return kOk;
}

int run_runs(const Connection& connection, const RunsOptions& options, bool json) {
    if (!options.id.empty()) {
        auto occurrence = find_occurrence(connection, options.id);
        if (!occurrence) return report(occurrence.error());
        if (json) return std::puts(json::serialize(*occurrence).c_str()), kOk;
        print_occurrence(*occurrence);
        return is_bad(text_at(*occurrence, "verdict")) ? kBad : kOk;
    }
    std::string path = fmt::format("/api/v1/occurrences?limit={}&until_ms={}", options.limit, now_ms());
    if (!options.job.empty()) path += "&job=" + percent_encode(options.job);
    if (!options.verdict.empty()) path += "&verdict=" + percent_encode(options.verdict);
    auto answer = get_json(connection, path);
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    Table table({"OCCURRENCE", "VERDICT", "ATTEMPTS", "TOOK", "WHY"});
    for (const json::value& each : answer->at("items").as_array()) {
        const json::object& occurrence = each.as_object();
        int64_t started = number_at(occurrence, "started_ms");
        int64_t ended = number_at(occurrence, "ended_ms");
        std::string why = why_of(occurrence);
        table.add({text_at(occurrence, "id"), verdict_of(occurrence),
                   std::to_string(number_at(occurrence, "attempt")),
                   started != 0 && ended >= started
                       ? fmt::format("{:.1f} s", static_cast<double>(ended - started) / 1e3)
                       : "-",
                   options.why ? why : std::string(truncate_utf8(why, 60))});
    }
    std::fputs(table.text().c_str(), stdout);
    return kOk;
}

int run_ping(const Connection& connection, const std::string& job, const std::string& signal,
             const std::string& text) {
    auto answer = get_json(connection, "/api/v1/jobs/" + percent_encode(job));
    if (!answer) return report(answer.error());
    std::string path = text_at(answer->as_object(), "ping_path");
    if (path.empty()) {
        std::fprintf(stderr,
                     "job %s is not watched: Nightshift runs it itself, and hears of it without pings\n",
                     job.c_str());
        return kUsage;
    }
    if (!signal.empty()) path += "/" + signal;
    auto pinged = call(connection, net::Method::kPost, path, text);
    if (!pinged) return report(pinged.error());
    return std::puts("OK"), kOk;
}

}  // namespace nightshift::cli
