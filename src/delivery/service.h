#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delivery/types.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/task.h"
#include "store/readers.h"
#include "store/writer.h"

namespace nightshift::delivery {

// What the service stands on; all of it must outlive the service.
struct Parts {
    io::Loop& loop;
    io::Pool& pool;  // reads block here
    store::Writer& writer;
    store::Readers& readers;
    const Clock& clock;
};

struct Options {
    std::chrono::hours keep_settled{30 * 24};     // then a settled delivery and its attempts are deleted
    std::chrono::milliseconds stop_grace{3'000};  // for sends under way at stop()
    uint64_t seed = 0;                            // of the jitter; 0: by the kernel
};

// Which deliveries list() shows; empty members do not restrict. Newest first.
struct Filter {
    std::string tenant;  // required
    std::string about;
    std::string channel;
    std::optional<State> state;
    int limit = 100;
    std::string cursor;  // Page::cursor of the page before
};

struct Page {
    std::vector<Delivery> deliveries;  // without their attempts
    std::string cursor;                // empty: no more
};

// Counters since start.
struct Stats {
    uint64_t waiting = 0;  // not settled, as last seen by the dispatcher
    uint64_t sending = 0;
    uint64_t attempts_total = 0;
    uint64_t delivered_total = 0;
    uint64_t unknown_total = 0;  // for good
    uint64_t failed_total = 0;   // for good
    uint64_t rate_limited_total = 0;
    uint64_t interrupted_total = 0;  // found under way at start
    uint64_t pruned_total = 0;
    uint64_t store_failures_total = 0;
};

// The deliveries' tables: for the function that Writer::open() runs first.
Result<void> migrate_deliveries(store::Database& db);

// What is wrong with a channel, before a service is built with it: kInvalid names the channel and the member,
// never a secret.
Result<void> check_channel(const ChannelSpec& spec);

// Sends what the outbox holds and proves that it arrived. All state is in SQLite; one instance works on one
// loop. Each attempt is on disk before its first byte leaves, and its outcome after; a delivery whose attempt
// has no outcome after a crash is ambiguous, and is resolved as its channel allows: by sending again under
// the same id, by reading back, or not at all (State::kUnknown). Public methods are safe from any thread
// unless they say otherwise; reads resume the caller on its own loop.
class Service {
public:
    // Takes over what a stopped or killed program left. Blocking. kInvalid for a bad channel, kConflict for
    // two of one name.
    static Result<std::unique_ptr<Service>> open(Parts parts, std::vector<ChannelSpec> channels,
                                                 Options options);
    // Calls stop().
    ~Service();

    // Called on the loop, after the state is on disk, when a delivery is delivered, unknown for good or
    // failed for good; not for what was superseded. At least once for each, also over restarts: the listener
    // ignores what it knows. It returns whether it will call mark_told() itself, inside the transaction that
    // keeps what follows; otherwise that is done at once. Set it before start().
    void set_on_settled(std::function<bool(const Delivery&)> on_settled);
    // The listener need not hear of that delivery again.
    static Result<void> mark_told(store::Database& transaction, const std::string& id);
    // Begins to send.
    void start();
    // From now on these are the channels; attempts under way end as they began. kInvalid, kConflict: nothing
    // changed.
    Result<void> reload(std::vector<ChannelSpec> channels);
    // Starts nothing more and gives sends under way Options::stop_grace; what is cut off then is ambiguous at
    // the next start. Not from the loop. Later calls do nothing.
    void stop();

    // Writes the wish to send inside the caller's transaction and returns the delivery's id. The same tenant
    // and key again: the same id, and nothing new is sent. Call wake() after the commit. An edit supersedes
    // the edits of its thread that have not been sent. kInvalid (no key, nothing to say, an edit without a
    // thread, a payload that is no JSON object), kLimit (kWaitingMax of this tenant are not settled).
    static Result<std::string> enqueue(store::Database& transaction, const NewDelivery& delivery, Time now);
    // Looks for work now; cheap.
    void wake();

    // kNotFound.
    Task<Result<Delivery>> find(std::string tenant, std::string id) const;
    Task<Result<Delivery>> find_by_key(std::string tenant, std::string key) const;
    Task<Result<Page>> list(Filter filter) const;
    Task<Result<std::vector<ChannelHealth>>> channels() const;

    // A person sends it again: it gets new attempts and a new deadline. One whose arrival is unknown may then
    // arrive twice. kConflict when it is delivered, not settled yet, or a later one of its thread says more;
    // kNotFound.
    Task<Result<void>> retry(std::string tenant, std::string id);

    Stats stats() const;

private:
    struct Core;
    explicit Service(std::unique_ptr<Core> core);
    std::unique_ptr<Core> core_;
};

}  // namespace nightshift::delivery
