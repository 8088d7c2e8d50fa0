#include "cli/drills/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "cli/table.h"

namespace nightshift::cli::drills {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

std::string seconds_text(const std::optional<milliseconds>& length) {
    return length ? fmt::format("{:.1f} s", static_cast<double>(length->count()) / 1000) : "-";
}

json::value milliseconds_of(const std::optional<milliseconds>& length) {
    return length ? json::value(length->count()) : json::value(nullptr);
}

std::string_view result_of(const Report& report) {
    if (!report.not_possible.empty()) return "NOT POSSIBLE";
    return report.has_passed() ? "PASS" : "FAIL";
}

std::string check_line(const Check& check) {
    return fmt::format(
        "  {}  {}: {}\n", check.is_good ? "ok  " : "FAIL", check.what,
        check.is_good ? check.seen : fmt::format("expected {}, seen {}", check.expected, check.seen));
}

std::string failures_text(const Report& report) {
    std::string out = fmt::format("\n{}\n", report.name);
    if (!report.not_possible.empty())
        return out + fmt::format("  not possible here: {}\n", report.not_possible);
    if (report.checks.empty()) return out + "  nothing could be checked\n";
    for (const Check& each : report.checks) {
        if (!each.is_good) out += check_line(each);
    }
    return out;
}

json::object show(const Report& report) {
    json::array checks;
    for (const Check& each : report.checks) {
        checks.push_back(json::object{{"what", each.what},
                                      {"expected", each.expected},
                                      {"seen", each.seen},
                                      {"is_good", each.is_good}});
    }
    json::value why = nullptr;
    if (!report.not_possible.empty()) why = report.not_possible;
    return {{"name", report.name},
            {"has_passed", report.has_passed()},
            {"not_possible", std::move(why)},
            {"good", report.good()},
            {"total", report.total()},
            {"found_ms", milliseconds_of(report.found)},
            {"diagnosed_ms", milliseconds_of(report.diagnosed)},
            {"told_ms", milliseconds_of(report.told)},
            {"took_ms", report.took.count()},
            {"checks", std::move(checks)}};
}

}  // namespace

size_t Report::good() const {
    return static_cast<size_t>(
        std::count_if(checks.begin(), checks.end(), [](const Check& each) { return each.is_good; }));
}

Score score_of(const std::vector<Report>& reports) {
    Score score;
    for (const Report& each : reports) {
        score.good += each.not_possible.empty() ? each.good() : 0;
        score.total += each.not_possible.empty() ? each.total() : 1;
    }
    return score;
}

std::string checks_text(const Report& report) {
    std::string out = fmt::format("{}  {}\n", report.name, result_of(report));
    if (!report.not_possible.empty()) out += fmt::format("  not possible here: {}\n", report.not_possible);
    for (const Check& each : report.checks) out += check_line(each);
    return out;
}

std::string summary_text(const std::vector<Report>& reports) {
    Table table({"DRILL", "RESULT", "CHECKS", "FOUND AFTER", "DIAGNOSED IN", "TOLD AFTER", "TOOK"});
    std::string failures;
    for (const Report& each : reports) {
        table.add({each.name, std::string(result_of(each)), fmt::format("{}/{}", each.good(), each.total()),
                   seconds_text(each.found), seconds_text(each.diagnosed), seconds_text(each.told),
                   seconds_text(each.took)});
        if (!each.has_passed()) failures += failures_text(each);
    }
    Score score = score_of(reports);
    std::string out = table.text() + fmt::format("\nScore: {}/{}\n", score.good, score.total);
    if (!failures.empty()) out += "\nWhat failed, and why:\n" + failures;
    return out;
}

std::string summary_json(const std::vector<Report>& reports) {
    json::array all;
    for (const Report& each : reports) all.push_back(show(each));
    Score score = score_of(reports);
    return json::serialize(
        json::object{{"good", score.good}, {"total", score.total}, {"drills", std::move(all)}});
}

}  // namespace nightshift::cli::drills
