#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/call.h"
#include "gateway/route_health.h"
#include "gateway/settings.h"
#include "io/loop.h"
#include "io/task.h"
#include "net/http.h"
#include "recorder/counted_calls.h"
#include "recorder/event.h"

namespace nightshift::gateway {

// The model gateway: answers clients' calls from the providers behind the routes. A call stays on the loop of
// its connection, and on its way takes no lock that loops share.
class Gateway {
public:
    // As sent; images make requests large.
    static constexpr size_t kRequestBytesMax = 32u << 20;

    // All must outlive it.
    struct Parts {
        std::vector<io::Loop*> loops;
        const Clock& clock;
        // Takes the events of ended attempts; called on every loop, must not block.
        std::function<void(std::shared_ptr<recorder::EventBatch>)> record;
        store::Writer* writer = nullptr;            // of the budgets' use; null when there are no limits
        recorder::CountedCalls* counted = nullptr;  // is told of each call that used tokens; may be null
    };
    // kInvalid when a provider's URL, or a proxy of the environment, makes no sense.
    static Result<std::unique_ptr<Gateway>> start(Parts parts, Settings settings);
    ~Gateway();

    // Takes other settings, all but the export. Calls under way end with those they began with; what is known
    // of targets, and what was used of budgets, goes on where they stay. kInvalid, and nothing changes.
    // Blocking, not from a loop.
    Result<void> reload(Settings settings);

    // Leaves the targets alone that are `name` ("groq", or "groq/llama-3.3-70b") or, of a route, the one that
    // would be asked first; their calls go on to the next ones. kNotFound; kConflict when nobody else would
    // serve a route. Any thread. What was done, in words.
    Result<std::string> set_aside(std::string_view name, std::string_view route, seconds length);

    // On one of the loops.
    Task<net::Response> handle(CallRequest request);
    // Routes that nobody would answer now. Any thread.
    std::vector<RouteTrouble> troubles() const;
    // How every route would do now. Any thread.
    std::vector<RouteReport> routes() const;
    // The limits of a tenant that are nearest to their end, fullest first. Any thread.
    struct BudgetUse {
        std::string limit;
        std::string subject;
        std::string window;
        double share = 0;  // used of all; 1 is all
        Time ends;
    };
    std::vector<BudgetUse> budgets(std::string_view tenant, double share_min) const;
    // What all loops have seen, and the settings it belongs to. On one of the loops.
    Task<std::pair<std::shared_ptr<const Plan>, ShardStats>> stats() const;
    // For people, as JSON objects; see status.h. On one of the loops.
    Task<std::string> status(std::string tenant) const;
    Result<std::string> explain(std::string_view model, int64_t input_tokens) const;
    // Sends a real call of one token down each target of the route, or of all.
    Task<std::string> test(std::string route, std::string tenant);
    // An error of the gate, in the words of the client's dialect.
    static net::Response refuse(Dialect dialect, const Error& error, int status);

    // Books what is open and closes all connections. Blocking, not from a loop; after the server has stopped.
    void stop();

private:
    struct State;
    explicit Gateway(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace nightshift::gateway
