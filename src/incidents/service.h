#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "incidents/apply.h"
#include "incidents/escalation.h"
#include "incidents/facts.h"
#include "incidents/living_message.h"
#include "incidents/render.h"
#include "incidents/store.h"
#include "incidents/types.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/task.h"
#include "store/readers.h"
#include "store/writer.h"

namespace nightshift::incidents {

// What the configuration says of incidents.
struct Settings {
    std::map<Severity, EscalationPolicy> policies;
    std::map<std::string, EscalationPolicy> named_policies;  // that routes of alerts ask for
    UpdateIntervals intervals;
    std::string url;  // of the web UI, for links; "" for none
    Secret signing_key;
    std::chrono::seconds first_wait{0};  // what is left to other nodes, see turn.h
    std::chrono::hours keep{24 * 365};   // resolved incidents
};

// What is to be sent over a channel because of an incident.
struct Wish {
    std::string key;  // idempotency
    std::string channel;
    std::string what;    // as in Notification
    std::string thread;  // the incident's
    Severity severity = Severity::kWarning;
    bool is_resolution = false;
    std::string subject;
    std::string text;
    std::string payload;  // JSON for programs
    Links links;
};

// A group of alerts that is to be told, with everything that fires in it.
struct Told {
    GroupChange change;
    std::string policy;  // of its route; "" for that of the severity
    std::vector<uint64_t> firing;
    bool is_over = false;
};

struct Stats {
    uint64_t open = 0;
    uint64_t diagnosing = 0;
    uint64_t opened_total = 0;
    uint64_t diagnosed_total = 0;
    uint64_t notified_total = 0;
    uint64_t false_alarms_total = 0;
    uint64_t store_failures_total = 0;
    int64_t decision_us_max = 0;
    int64_t diagnosis_us_max = 0;
};

// Makes incidents of groups of alerts: diagnoses them before anybody is woken, says how much they matter,
// tells people by living messages, escalates. Lives on one loop; public methods are safe from any thread
// unless they say otherwise.
class Service {
public:
    // All must outlive it.
    struct Parts {
        io::Loop& loop;
        io::Pool& pool;
        store::Writer& writer;
        store::Readers& readers;
        const Clock& clock;
        // Everything a diagnosis looks at, in at most kDiagnosisLimit; on the loop.
        std::function<Task<Facts>(const Incident&)> gather;
        // What its subject used while the incident lasted: tokens and nano-dollars. On the loop.
        std::function<Task<std::pair<uint64_t, int64_t>>(const Incident&)> spent;
        // Writes a delivery inside the transaction; on the writer's thread.
        std::function<Result<void>(store::Database&, const std::string& tenant, const Wish&, Time now)>
            enqueue;
        std::function<void()> wake_deliveries;
        // What became of that delivery is kept: it need not be told again. Inside the transaction; on the
        // writer's thread.
        std::function<Result<void>(store::Database&, const std::string& id)> mark_heard;
        std::function<bool(const std::string& channel)> can_edit;
        // Its payload is to be Alertmanager's.
        std::function<bool(const std::string& channel)> speaks_alertmanager;
        std::function<bool(Time)> is_quiet;
        // The node before this one that deals with that group; "" for none. On the loop.
        std::function<std::string(const std::string& tenant, const std::string& key)> dealt_with_by;
        // An incident is new or changed; `is_gone`: it was over for a while. On the loop.
        std::function<void(const Incident&, bool is_gone)> on_change;
    };

    // Reads what is not over. Blocking.
    static Result<std::unique_ptr<Service>> open(Parts parts, Settings settings);
    // stop() first.
    ~Service();
    void start();
    // Not from the loop. Later calls do nothing.
    void stop();
    void reload(Settings settings);

    void tell(std::vector<Told> groups);
    // What became of a delivery, by the key of its wish.
    void delivery_settled(std::string incident, Receipt receipt);

    // How many more groups may be told now: what has been told and is not diagnosed and on disk yet waits in
    // memory. On the loop.
    size_t room() const;

    // What the groups of alerts were last told with. On the loop, or before start().
    struct Known {
        std::string key;
        std::vector<uint64_t> firing;
        Time at;
    };
    std::vector<Known> known() const;

    // kNotFound.
    Task<Result<Incident>> find(std::string tenant, std::string id) const;
    Task<Result<Page>> list(Filter filter) const;
    Task<Stats> stats() const;
    // The groups that people have heard of, or need not hear of, from here: no other node is to tell them. At
    // most kDealtWithMax.
    Task<std::vector<std::string>> dealt_with(std::string tenant) const;

    // A person's word; answers with the incident when it is on disk. Errors are those of apply.h.
    using Act = std::function<Result<void>(Incident&, Time now)>;
    Task<Result<Incident>> act(std::string tenant, std::string id, Act act);
    // Looks again.
    Task<Result<Incident>> diagnose_again(std::string tenant, std::string id);

private:
    struct Core;
    explicit Service(std::shared_ptr<Core> core);
    template <class T>
    Task<T> ask(std::function<T(Core&)> question) const;
    std::shared_ptr<Core> core_;
};

}  // namespace nightshift::incidents
