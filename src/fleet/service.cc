#include "fleet/service.h"

#include <algorithm>
#include <atomic>

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "fleet/feed.h"
#include "fleet/publisher.h"
#include "fleet/snapshot.h"
#include "io/blocking.h"
#include "io/periodic.h"
#include "io/task_group.h"

namespace nightshift::fleet {

namespace {

constexpr size_t kSliceEvents = 20'000;        // then the loop looks at other things
constexpr size_t kRestoreEventsMax = 200'000;  // more is read after the start
constexpr std::chrono::seconds kTick(1);
constexpr int kQuietTicks = 10;        // a quiet fleet is looked at so much less often
constexpr double kPublishShare = 0.1;  // of a core

int64_t steady_us() {
    return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

int64_t last_end_us(const recorder::EventBatch& batch) {
    int64_t last = 0;
    for (const recorder::Event& event : batch.events) {
        last = std::max(last, std::min<int64_t>(event.time_us, INT64_MAX / 2) +
                                  std::clamp<int64_t>(event.duration_us, 0, 24 * 3600'000'000ll));
    }
    return last;
}

}  // namespace

// Everything but `feed`, `shelf` and the counters is touched on the loop only (and before start()).
struct Service::State : std::enable_shared_from_this<Service::State> {
    State(io::Loop& given_loop, live::Hub& hub, Options given, const Clock& given_clock, AbortFn given_abort)
        : loop(given_loop),
          options(std::move(given)),
          clock(given_clock),
          abort(std::move(given_abort)),
          fleet(options.state),
          feed(options.queue_events_max, options.queue_bytes_max),
          shelf(to_hex(random_bytes(4).data(), 4)),
          publisher(hub, shelf),
          group(given_loop, "fleet") {}

    void post(void (State::*work)());
    void drain();
    bool apply(const recorder::EventBatch& batch, recorder::Position position, Time received);
    void catch_up();
    Result<void> replay(size_t events_max);
    void publish_soon();
    Task<> publish_later();
    void publish();
    Task<> tick();
    void respond(const Changes& changes);
    void ask_abort(AbortRequest request, std::function<void(Result<std::string>)> done);
    void save();
    void finish();
    static Task<> finish_on_loop(std::shared_ptr<State> state);

    io::Loop& loop;
    const Options options;
    const Clock& clock;
    const AbortFn abort;
    Fleet fleet;
    Feed feed;
    Shelf shelf;
    Publisher publisher;
    io::TaskGroup group;
    const recorder::Recorder* recorder = nullptr;

    recorder::Position position = 0;
    recorder::Position saved_position = 0;
    int64_t replay_time_us = 0;  // replayed events carry no time of receipt; theirs only goes forward
    int64_t rebuild_from_us = 0;
    int64_t saved_at_us = 0;
    bool is_publishing = false;
    bool must_publish = false;
    int quiet_ticks = 0;
    std::chrono::microseconds publish_pause{0};
    std::atomic<bool> is_behind{false};
    std::atomic<bool> is_stopped{false};

    mutable std::mutex stats_mutex;
    Stats stats;
};

Service::Service(io::Loop& loop, live::Hub& hub, Options options, const Clock& clock, AbortFn abort)
    : state_(std::make_shared<State>(loop, hub, std::move(options), clock, std::move(abort))) {}

Service::~Service() {
    stop();
}

Result<void> Service::restore(const recorder::Recorder& recorder) {
    State& state = *state_;
    state.recorder = &recorder;
    const int64_t now_us = unix_us(state.clock.now());
    state.rebuild_from_us = now_us - std::chrono::duration_cast<microseconds>(state.options.rebuild).count();
    if (!state.options.snapshot_file.empty()) {
        Result<std::string> bytes = read_file(state.options.snapshot_file, 1u << 30);
        if (bytes) {
            Result<uint64_t> position = decode_snapshot(*bytes, state.fleet);
            // A recorder that was set back knows less than the snapshot; then the snapshot speaks of another
            // past.
            if (position && *position <= recorder.position()) {
                state.position = state.saved_position = *position;
                state.rebuild_from_us = INT64_MIN;
            } else if (!position) {
                log::warn("fleet", "{}: {}", state.options.snapshot_file.string(), position.error().message);
            } else {
                log::warn("fleet",
                          "{}: position {} is beyond the recorder's {}; rebuilding from the recorder",
                          state.options.snapshot_file.string(), *position, recorder.position());
                state.fleet = Fleet(state.options.state);
            }
        } else if (bytes.error().code != Code::kNotFound) {
            log::warn("fleet", "cannot read the snapshot: {}", bytes.error().message);
        }
    }
    Result<void> replayed = state.replay(kRestoreEventsMax);
    if (!replayed) return replayed;
    state.fleet.tick(state.clock.now());
    state.publish();
    return {};
}

void Service::start() {
    std::shared_ptr<State> state = state_;
    state->loop.post([state] {
        io::Periodic ticks{"fleet tick", kTick, [state] { return state->tick(); }};
        io::start_periodic(state->group, std::move(ticks));
        if (state->is_behind) state->post(&State::catch_up);
        state->publish_soon();
    });
}

void Service::stop() {
    if (state_->is_stopped.exchange(true)) return;
    std::shared_ptr<State> state = state_;
    io::run_blocking(state->loop, [state]() -> Task<> { return state->group.stop(); });
    io::run_blocking(state->loop, [state] { return State::finish_on_loop(state); });
}

Task<> Service::State::finish_on_loop(std::shared_ptr<State> state) {
    state->finish();
    co_return;
}

void Service::State::finish() {
    bool has_more = true;
    while (has_more) {
        for (const Feed::Item& item : feed.pop(kSliceEvents, &has_more)) {
            if (!is_behind) apply(*item.batch, item.position, from_unix_us(item.received_us));
        }
    }
    fleet.refresh(clock.now());
    publish();
    save();
}

void Service::on_batch(std::shared_ptr<const recorder::EventBatch> batch, recorder::Position position) {
    State& state = *state_;
    if (state.is_stopped || batch->events.empty()) return;
    if (state.feed.push({std::move(batch), position, unix_us(state.clock.now())})) state.post(&State::drain);
}

void Service::State::post(void (State::*work)()) {
    std::weak_ptr<State> weak = weak_from_this();
    loop.post([weak, work] {
        const std::shared_ptr<State> state = weak.lock();
        if (state != nullptr && !state->is_stopped) (state.get()->*work)();
    });
}

bool Service::State::apply(const recorder::EventBatch& batch, recorder::Position at, Time received) {
    if (at <= position) return false;
    for (const recorder::Event& event : batch.events) fleet.apply(event, received);
    position = at;
    return true;
}

void Service::State::drain() {
    bool has_more = false;
    uint64_t events = 0;
    uint64_t batches = 0;
    for (const Feed::Item& item : feed.pop(kSliceEvents, &has_more)) {
        if (is_behind) continue;  // the recorder has it
        if (!apply(*item.batch, item.position, from_unix_us(item.received_us))) continue;
        events += item.batch->events.size();
        ++batches;
    }
    {
        const std::lock_guard lock(stats_mutex);
        stats.events_total += events;
        stats.batches_total += batches;
        stats.position = position;
    }
    publish_soon();
    if (has_more) {
        post(&State::drain);
    } else if (feed.take_shed() && !is_behind.exchange(true)) {
        post(&State::catch_up);
    }
}

void Service::State::catch_up() {
    if (recorder == nullptr) {
        log::error("fleet", "events were shed and there is no recorder to read them from");
        is_behind = false;
        return;
    }
    {
        const std::lock_guard lock(stats_mutex);
        ++stats.catch_ups_total;
    }
    // What was queued meanwhile is in the recorder too; positions tell what was seen.
    is_behind = false;
    static_cast<void>(feed.take_shed());
    Result<void> replayed = replay(kSliceEvents);
    if (!replayed) log::warn("fleet", "cannot catch up from the recorder: {}", replayed.error().message);
    publish_soon();
    if (is_behind) post(&State::catch_up);
}

Result<void> Service::State::replay(size_t events_max) {
    size_t events = 0;
    const Time now = clock.now();
    Result<void> replayed =
        recorder->replay(position, [&](const recorder::EventBatch& batch, recorder::Position at) {
            if (events >= events_max) {
                is_behind = true;
                return false;
            }
            events += batch.events.size();
            if (at <= position) return true;
            const int64_t end_us = last_end_us(batch);
            if (end_us < rebuild_from_us) {
                position = at;
                return true;
            }
            replay_time_us = std::min(std::max(replay_time_us, end_us), unix_us(now));
            apply(batch, at, from_unix_us(replay_time_us));
            return true;
        });
    const std::lock_guard lock(stats_mutex);
    stats.replayed_events_total += events;
    stats.position = position;
    return replayed;
}

void Service::State::publish_soon() {
    must_publish = true;
    if (is_publishing) return;
    is_publishing = true;
    std::weak_ptr<State> weak = weak_from_this();
    group.spawn([weak]() -> Task<> {
        const std::shared_ptr<State> state = weak.lock();
        return state->publish_later();
    });
}

// Gathers for a while, publishes, and goes on while there is something.
Task<> Service::State::publish_later() {
    const std::shared_ptr<State> alive = shared_from_this();
    while (must_publish) {
        must_publish = false;
        co_await io::sleep_for(std::max<std::chrono::microseconds>(options.publish_every, publish_pause));
        fleet.refresh(clock.now());
        publish();
    }
    is_publishing = false;
}

void Service::State::publish() {
    const int64_t start_us = steady_us();
    const Changes changes = fleet.take_changes();
    const size_t published = publisher.publish(fleet, changes, unix_us(clock.now()));
    respond(changes);
    publish_pause =
        microseconds(static_cast<int64_t>(static_cast<double>(steady_us() - start_us) / kPublishShare));
    const std::lock_guard lock(stats_mutex);
    stats.published_total += published;
    stats.sessions = fleet.session_count();
    stats.agents = fleet.agent_count();
    stats.evicted_sessions_total = fleet.evicted_sessions();
    stats.refused_records_total = fleet.refused_records();
}

Task<> Service::State::tick() {
    const Time now = clock.now();
    if (fleet.is_quiet(now) && ++quiet_ticks < kQuietTicks) co_return;
    quiet_ticks = 0;
    fleet.tick(now);
    publish_soon();
    const auto since_saved = microseconds(unix_us(now) - saved_at_us);
    if (position != saved_position && (since_saved >= options.snapshot_every || since_saved.count() < 0))
        save();
}

void Service::State::respond(const Changes& changes) {
    const int64_t now_us = unix_us(clock.now());
    for (const Slot slot : changes.detected) {
        const Session& session = fleet.session(slot);
        std::vector<AbortRequest> wanted;
        for (const Detection& detection : session.watch.detections()) {
            std::optional<AbortRequest> request =
                decide_abort(session, detection, now_us, options.state.response);
            if (request) wanted.push_back(std::move(*request));
        }
        for (AbortRequest& request : wanted) {
            log::warn("fleet", "aborting session {} of {}: {}", request.session, request.agent,
                      request.reason);
            ask_abort(std::move(request), [](const Result<std::string>&) {});
            break;  // the cooldown holds for the session
        }
    }
}

void Service::State::ask_abort(AbortRequest request, std::function<void(Result<std::string>)> done) {
    const std::string tenant = request.tenant;
    const std::string session = request.session;
    const std::string detection_id = request.detection_id;
    const auto note = [tenant, session, detection_id](State& state, std::string outcome) {
        const std::optional<Slot> slot = state.fleet.find_session(tenant, session);
        if (slot)
            state.fleet.note_acted(*slot, detection_id,
                                   {"abort", unix_us(state.clock.now()), std::move(outcome)});
        state.publish_soon();
    };
    // Noted before it is asked, so that it is asked once.
    note(*this, "requested");
    {
        const std::lock_guard lock(stats_mutex);
        ++stats.aborts_total;
    }
    std::weak_ptr<State> weak = weak_from_this();
    abort(std::move(request), [weak, note, done = std::move(done)](Result<std::string> result) {
        const std::shared_ptr<State> state = weak.lock();
        if (state == nullptr || state->is_stopped) return;
        state->loop.post([state, note, done, result = std::move(result)] {
            note(*state, result ? *result : "failed: " + result.error().message);
            done(result);
        });
    });
}

void Service::State::save() {
    if (options.snapshot_file.empty() || is_behind) return;
    const std::string bytes = encode_snapshot(fleet, position);
    const Result<void> written = write_file_atomically(options.snapshot_file, bytes, 0600);
    if (!written) log::warn("fleet", "the snapshot was not written: {}", written.error().message);
    saved_at_us = unix_us(clock.now());
    if (written) saved_position = position;
    const std::lock_guard lock(stats_mutex);
    stats.snapshot_failure = written ? "" : written.error().message;
    if (!written) return;
    stats.snapshot_bytes = bytes.size();
    stats.snapshot_at_ms = saved_at_us / 1000;
}

std::shared_ptr<const View> Service::view(std::string_view tenant) const {
    return state_->shelf.view(tenant, unix_us(state_->clock.now()));
}

std::optional<std::string> Service::session(std::string_view tenant, std::string_view id) const {
    return state_->shelf.session(tenant, id);
}

std::optional<std::string> Service::agent(std::string_view tenant, std::string_view id) const {
    return state_->shelf.agent(tenant, id);
}

void Service::dismiss(std::string tenant, std::string attention_id, std::string reason,
                      std::function<void(Result<void>)> done) {
    std::shared_ptr<State> state = state_;
    state->loop.post([state, tenant = std::move(tenant), id = std::move(attention_id),
                      reason = std::move(reason), done = std::move(done)] {
        if (!state->fleet.dismiss(tenant, id)) {
            done(fail(Code::kNotFound, "no attention has the id {}; it may have passed", id));
            return;
        }
        log::info("fleet", "attention {} was dismissed: {}", id, reason);
        state->publish();
        done({});
    });
}

void Service::abort(std::string tenant, std::string session, std::string reason,
                    std::function<void(Result<std::string>)> done) {
    std::shared_ptr<State> state = state_;
    state->loop.post([state, tenant = std::move(tenant), id = std::move(session), reason = std::move(reason),
                      done = std::move(done)] {
        const std::optional<Slot> slot = state->fleet.find_session(tenant, id);
        if (!slot) {
            done(fail(Code::kNotFound, "no session has the id {}", id));
            return;
        }
        const Session& known = state->fleet.session(*slot);
        if (known.abort_source.empty()) {
            done(
                fail(Code::kConflict,
                     "session {} is known from {}, which cannot abort; sessions of an OpenClaw source can be",
                     id, known.source));
            return;
        }
        if (known.activity.is_ended()) {
            done(fail(Code::kConflict, "session {} has ended", id));
            return;
        }
        AbortRequest request{tenant, id, known.agent, known.abort_source, "", reason};
        state->ask_abort(std::move(request), done);
    });
}

void Service::set_source(std::string source, bool is_reachable, std::string why) {
    std::shared_ptr<State> state = state_;
    state->loop.post([state, source = std::move(source), is_reachable, why = std::move(why)] {
        state->fleet.set_source(source, is_reachable, state->clock.now(), why);
        state->publish_soon();
    });
}

void Service::set_condition(std::string tenant, Attention attention) {
    std::shared_ptr<State> state = state_;
    state->loop.post([state, tenant = std::move(tenant), attention = std::move(attention)] {
        state->fleet.set_condition(tenant, attention);
        state->publish_soon();
    });
}

void Service::clear_condition(std::string tenant, std::string id) {
    std::shared_ptr<State> state = state_;
    state->loop.post([state, tenant = std::move(tenant), id = std::move(id)] {
        state->fleet.clear_condition(tenant, id);
        state->publish_soon();
    });
}

Stats Service::stats() const {
    Stats copy;
    {
        const std::lock_guard lock(state_->stats_mutex);
        copy = state_->stats;
    }
    copy.queued_events = state_->feed.queued_events();
    copy.queued_events_max = state_->options.queue_events_max;
    copy.shed_batches_total = state_->feed.shed_batches();
    copy.is_behind = state_->is_behind;
    return copy;
}

}  // namespace nightshift::fleet
