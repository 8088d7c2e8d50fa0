#include "agent_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>

#include "base/random.h"

namespace nightshift::bench {
namespace {

constexpr uint64_t kSessionsAtOnce = 400;
constexpr uint64_t kEventsPerSession = 100;
constexpr uint64_t kEventsPerTurn = 20;

struct KindShare {
    const char* name;
    int number;      // of recorder::Kind
    uint64_t below;  // cumulative percent
};
constexpr KindShare kKinds[] = {
    {"turn", 2, 5},  {"model_call", 3, 40}, {"tool_call", 4, 82}, {"workflow", 8, 88},
    {"hook", 7, 92}, {"retrieval", 5, 94},  {"approval", 6, 95},  {"log", 0, 100},
};
constexpr const char* kModels[] = {
    "claude-opus-4-5",  "claude-sonnet-4-5", "claude-haiku-4-5", "gpt-5.2",
    "gpt-5.2-codex",    "gpt-5-mini",        "gemini-3-pro",     "gemini-3-flash",
    "qwen3-coder-480b", "llama-4-maverick",  "mistral-large-3",
};
constexpr const char* kTools[] = {
    "Bash",          "Read",         "Edit",         "Write",         "Grep",          "Glob",
    "WebFetch",      "WebSearch",    "Task",         "TodoWrite",     "NotebookEdit",  "apply_patch",
    "shell",         "view_image",   "update_plan",  "run_tests",     "git_commit",    "git_push",
    "create_pr",     "review_pr",    "list_issues",  "get_issue",     "send_message",  "read_inbox",
    "calendar_list", "calendar_add", "sql_query",    "vector_search", "http_get",      "http_post",
    "k8s_get",       "k8s_apply",    "tf_plan",      "tf_apply",      "slack_post",    "jira_search",
    "jira_update",   "notion_read",  "notion_write", "browser_open",  "browser_click", "browser_type",
    "screenshot",    "memory_get",   "memory_put",   "cron_add",      "spawn_agent",   "wait_agent",
    "approve",       "deploy",
};
constexpr const char* kWords[] = {
    "retry",  "after", "upstream", "timeout", "compiled", "module",   "failed",   "test",
    "passed", "wrote", "bytes",    "file",    "opened",   "socket",   "refused",  "schema",
    "moved",  "index", "rebuilt",  "branch",  "merged",   "conflict", "solved",   "cache",
    "miss",   "hit",   "plan",     "step",    "done",     "waiting",  "approval", "granted",
};

void format_hex(std::string& out, uint64_t value) {
    out.clear();
    fmt::format_to(std::back_inserter(out), "{:016x}", value);
}

void fill_model_call(AgentEvent& event, Random& random, uint64_t model) {
    event.model = event.name = kModels[model];
    event.input_tokens = static_cast<uint32_t>(200 + random.below(6000));
    event.output_tokens = 20 + static_cast<uint32_t>(-600 * std::log(1 - random.uniform()));
    event.cache_read_tokens = random.below(3) == 0 ? 0 : static_cast<uint32_t>(random.below(120000));
    event.cache_write_tokens = random.below(4) == 0 ? static_cast<uint32_t>(random.below(8000)) : 0;
    event.cost_nano_usd = event.input_tokens * 3000ll + event.output_tokens * 15000ll +
                          event.cache_read_tokens * 300ll + event.cache_write_tokens * 3750ll;
}

void fill_attributes(AgentEvent& event, Random& random, uint64_t agent) {
    auto word = [&random] { return kWords[random.below(std::size(kWords))]; };
    std::string& out = event.attributes;
    out.clear();
    fmt::format_to(
        std::back_inserter(out),
        R"({{"call_id":"toolu_{:016x}","path":"/srv/repo{}/src/{}_{}/{}.cpp","exit":{},"bytes":{})",
        random.next(), agent % 40, word(), random.below(300), word(),
        event.status_number == 1 ? 1 + random.below(3) : 0, random.below(200000));
    fmt::format_to(std::back_inserter(out),
                   R"(,"msg":"{} {} {} {} {} {} {} {}","attempt":{},"region":"eu-west-{}")", word(), word(),
                   word(), word(), word(), random.below(10000), word(), word(),
                   1 + (random.below(20) == 0 ? 1 : 0), 1 + agent % 3);
    if (random.below(100000) == 0) out += R"(,"err":"E_QUOTA_EXHAUSTED")";
    out += '}';
}

}  // namespace

void AgentEvents::row(uint64_t i, AgentEvent& event) const {
    Random random(i * 2654435761u + 12345);
    uint64_t slot = random.below(kSessionsAtOnce);
    uint64_t session = i / (kSessionsAtOnce * kEventsPerSession) * kSessionsAtOnce + slot;
    Random of_session(session * 7919 + 1);
    auto agent = static_cast<uint64_t>(1000 * of_session.uniform() * of_session.uniform());
    Random of_turn(i / (kSessionsAtOnce * kEventsPerTurn) * kSessionsAtOnce + slot);

    event.time_us =
        kEndUs - kSpanUs +
        static_cast<int64_t>(static_cast<double>(i) / static_cast<double>(rows_in_span_) * kSpanUs) -
        static_cast<int64_t>(random.below(2'000'000));
    event.team = fmt::format("team-{:02}", agent % 20);
    event.agent = fmt::format("agent-{:05}", agent);
    event.host = fmt::format("node-{:03}", agent % 64);
    uint64_t high = of_session.next();
    uint64_t low = of_session.next();
    event.session = fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                                high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFF);
    event.trace = fmt::format("{:016x}{:016x}", of_turn.next(), of_turn.next());
    format_hex(event.span, random.next());
    event.parent_span.clear();
    if (random.below(10) != 0) format_hex(event.parent_span, of_turn.next());
    event.sequence = static_cast<uint32_t>(i % (kSessionsAtOnce * kEventsPerSession) / kSessionsAtOnce);

    uint64_t share = random.below(100);
    const KindShare& kind = *std::find_if(std::begin(kKinds), std::end(kKinds),
                                          [share](const KindShare& each) { return share < each.below; });
    event.kind = event.name = kind.name;
    event.kind_number = kind.number;
    event.model = "";
    event.input_tokens = event.output_tokens = event.cache_read_tokens = event.cache_write_tokens = 0;
    event.cost_nano_usd = 0;
    double center = 4;
    if (kind.number == 3) {
        fill_model_call(event, random, of_session.below(std::size(kModels)));
        center = 8.2;
    } else if (kind.number == 4 || kind.number == 8) {
        auto tool = static_cast<uint64_t>(50 * random.uniform() * random.uniform());
        event.name = kTools[tool];
        center = 5 + static_cast<double>(tool % 7) * 0.5;
    }
    uint64_t luck = random.below(1000);
    uint64_t errors = 20 + (agent % 17 == 0 ? 120 : 0);
    event.status_number = luck < errors ? 2 : luck < errors + 8 ? 3 : luck < errors + 12 ? 4 : 1;
    constexpr const char* kStatuses[] = {"unset", "ok", "error", "timeout", "cancelled"};
    event.status = kStatuses[event.status_number];
    double normal =
        std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(2 * std::numbers::pi * random.uniform());
    event.duration_us = static_cast<uint32_t>(std::min(std::exp(center + 1.1 * normal) * 1000, 4e9));
    fill_attributes(event, random, agent);
}

}  // namespace nightshift::bench
