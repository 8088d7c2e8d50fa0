#include "ingest/openclaw/client.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/assert.h"
#include "base/log.h"
#include "ingest/openclaw/json.h"
#include "ingest/openclaw/reconcile.h"
#include "io/completion.h"

namespace nightshift::ingest::openclaw {

using recorder::EventBatch;
using recorder::Kind;
using recorder::Status;

namespace {

constexpr size_t kBatchBytesMax = 4u << 20;
constexpr size_t kBatchEventsMax = 20'000;
constexpr milliseconds kAppendRetryMin{100};
constexpr milliseconds kAppendRetryMax{5'000};
constexpr seconds kPublishEvery{5};

MapperOptions mapper_options(const Options& options, const Redactor& redactor) {
    MapperOptions result;
    result.gateway = options.name;
    result.tenant = options.tenant;
    result.keep_content = options.keep_content;
    result.qualify_sessions = options.qualify_sessions;
    result.redact = [&redactor](std::string_view text) { return redactor.redact(text); };
    return result;
}

}  // namespace

Source::Source(io::Loop& loop, Options options, Append append, OnStatus on_status, const Clock& clock)
    : loop_(loop),
      options_(std::move(options)),
      append_(std::move(append)),
      on_status_(std::move(on_status)),
      clock_(clock),
      source_name_("openclaw/" + options_.name),
      redactor_(options_.redact_emails ? Redactor::Emails::kRedact : Redactor::Emails::kKeep),
      mapper_(mapper_options(options_, redactor_)),
      backoff_(Random::seeded()),
      batch_(std::make_shared<EventBatch>()),
      tasks_(loop, source_name_) {
    status_.name = source_name_;
    status_.url = options_.url;
    status_.verdict = liveness_.judge(clock_.now());
}

Source::~Source() = default;

void Source::remember(const recorder::Event& event) {
    if (event.source != source_name_) return;
    mapper_.remember(event.id);
    int64_t end_us = event.time_us + std::max<int64_t>(event.duration_us, 0);
    complete_ms_ = std::max(complete_ms_, std::min(end_us / 1000, unix_ms(clock_.now())));
}

void Source::start() {
    loop_.post([this] {
        std::function<Task<>()> runs = [this] { return run(); };
        std::function<Task<>()> appends = [this] { return append_batches(); };
        std::function<Task<>()> watches = [this] { return watch(); };
        tasks_.spawn(std::move(runs));
        tasks_.spawn(std::move(appends));
        tasks_.spawn(std::move(watches));
    });
}

Task<> Source::stop() {
    NS_ASSERT(loop_.is_current());
    co_await tasks_.stop();
    if (connection_) co_await connection_->stop();
    connection_.reset();
    for (auto& connection : calling_) co_await connection->stop();
    calling_.clear();
    // What the recorder took already it drops as duplicates.
    if (in_flight_) co_await append_batch(std::move(in_flight_));
    if (!batch_->events.empty()) co_await append_batch(batch_);
    batch_ = std::make_shared<EventBatch>();
}

Task<> Source::run() {
    while (true) {
        liveness_.connecting(clock_.now());
        ConnectionOptions options;
        options.url = options_.url;
        options.token = options_.token;
        options.on_event = [this](Frame frame) { return on_event(std::move(frame)); };
        connection_ = std::make_unique<Connection>(loop_, std::move(options));
        Result<void> opened = co_await connection_->open();
        Time since = clock_.now();
        milliseconds pause{0};
        if (opened) {
            told_refusal_.clear();
            co_await serve();
            liveness_.disconnected(connection_->why_closed(), clock_.now());
            log::info("openclaw", "{}: disconnected: {}", source_name_, connection_->why_closed());
            backoff_.held_for(std::chrono::duration_cast<milliseconds>(clock_.now() - since));
            pause = backoff_.next(milliseconds(0));
        } else {
            const Refusal& refusal = connection_->refusal();
            liveness_.disconnected(opened.error().message, clock_.now());
            if (told_refusal_ != opened.error().message) {
                told_refusal_ = opened.error().message;
                log::warn("openclaw", "{}: {}", source_name_, told_refusal_);
            }
            pause = refusal.is_worth_retrying ? backoff_.next(milliseconds(refusal.retry_after_ms))
                                              : backoff_.slow();
        }
        publish();
        co_await connection_->stop();
        connection_.reset();
        co_await io::sleep_for(pause);
    }
}

// One connection, from its hello to its end.
Task<> Source::serve() {
    Connection& connection = *connection_;
    greet(connection.hello());
    publish();
    Result<Frame> subscribed = co_await connection.call("sessions.subscribe", "{}", options_.call_deadline);
    if (!subscribed || !subscribed->is_ok()) {
        std::string why = subscribed ? subscribed->error().message : subscribed.error().message;
        log::warn("openclaw", "{}: sessions.subscribe was refused: {}", source_name_, why);
    }
    is_reconcile_wanted_ = true;
    std::function<Task<>()> polls = [this, &connection] { return poll(connection); };
    std::function<Task<>()> reconciles = [this, &connection] { return reconcile(connection); };
    connection.spawn(std::move(polls));
    connection.spawn(std::move(reconciles));
    co_await connection.closed();
    std::lock_guard lock(mutex_);
    status_.connected_since_ms = 0;
}

void Source::greet(const Hello& hello) {
    Time now = clock_.now();
    bool was_shutdown_said = liveness_.was_shutdown_said();
    BootWatch::Change change = boots_.hello(hello.boot_id, hello.uptime_ms, now);
    liveness_.connected(from_unix_ms(boots_.boot_ms()), now);
    sequence_ = -1;
    size_t from = batch_->events.size();
    if (change == BootWatch::Change::kFirst)
        mapper_.gateway_fact("gateway.connected", Status::kOk, hello.version, now, *batch_);
    else if (change == BootWatch::Change::kSame)
        mapper_.gateway_fact("gateway.reconnected", Status::kOk, hello.version, now, *batch_);
    else if (was_shutdown_said)
        mapper_.gateway_fact("gateway.restarted", Status::kOk, "it had said that it goes", now, *batch_);
    else
        mapper_.gateway_fact("gateway.crashed", Status::kError,
                             "it started again without having said that it goes", now, *batch_);
    added(from);
    log::info("openclaw", "{}: connected to {} (OpenClaw {}, protocol {})", source_name_, options_.url,
              hello.version, hello.protocol);
    std::lock_guard lock(mutex_);
    if (!status_.version.empty()) status_.reconnects_total++;
    status_.version = hello.version;
    status_.protocol = hello.protocol;
    status_.boot_id = hello.boot_id;
    status_.connected_since_ms = unix_ms(now);
}

Task<> Source::on_event(Frame frame) {
    Time now = clock_.now();
    liveness_.heard(now);
    note_sequence(frame);
    if (frame.event() == "shutdown") liveness_.said_shutdown(text(frame.payload(), "reason"));
    // The old era tells of a new job without its name.
    bool is_nameless_job =
        frame.event() == "cron" && !has(frame.payload(), "job") &&
        (text(frame.payload(), "action") == "added" || text(frame.payload(), "action") == "updated");
    if (is_nameless_job) {
        std::function<Task<>()> learns = [this] { return learn_jobs(); };
        connection_->spawn(std::move(learns));
    }
    size_t from = batch_->events.size();
    mapper_.map(frame, now, *batch_);
    added(from);
    while (is_full()) {
        is_blocked_ = true;
        co_await emptied_.wait();
    }
    is_blocked_ = false;
}

void Source::note_sequence(const Frame& frame) {
    int64_t sequence = frame.sequence();
    if (sequence < 0) return;
    bool is_gap = sequence_ >= 0 && sequence > sequence_ + 1;
    sequence_ = sequence;
    if (!is_gap) return;
    is_reconcile_wanted_ = true;
    std::lock_guard lock(mutex_);
    status_.gaps_total++;
}

// Turns that ended are evidence about the gateway; those that a restart cut short are not about the one that
// runs now.
void Source::note_outcomes(size_t from) {
    for (size_t i = from; i < batch_->events.size(); ++i) {
        const recorder::Event& event = batch_->events[i];
        if (event.kind != Kind::kTurn || event.status == Status::kRunning ||
            event.status == Status::kCancelled)
            continue;
        if (event.error_type == "gateway_restart") continue;
        Time ended = from_unix_us(event.time_us + std::max<int64_t>(event.duration_us, 0));
        liveness_.turn_ended(event.agent, event.status == Status::kOk, event.error_type, ended);
    }
}

void Source::added(size_t from) {
    if (batch_->events.size() == from) return;
    note_outcomes(from);
    uint64_t count = batch_->events.size() - from;
    filled_.notify_all();
    std::lock_guard lock(mutex_);
    status_.events_total += count;
}

bool Source::is_full() const {
    return batch_->bytes() > kBatchBytesMax || batch_->events.size() > kBatchEventsMax;
}

Task<> Source::learn_jobs() {
    Result<Frame> answer = co_await connection_->call("cron.list", R"({"includeDisabled":true,"limit":200})",
                                                      options_.call_deadline);
    if (!answer || !answer->is_ok()) co_return;
    for (const boost::json::value& item : items(answer->payload(), "jobs")) mapper_.job(as_object(item));
}

Task<> Source::poll(Connection& connection) {
    // The list of sessions goes through the gateway's databases, where it has been seen to die first.
    constexpr int kSessionsEvery = 4;
    for (int round = 0;; ++round) {
        co_await ask(connection, "health", "{}");
        if (round % kSessionsEvery == 0) co_await ask(connection, "sessions.list", R"({"limit":1})");
        publish();
        co_await io::sleep_for(options_.poll_every);
    }
}

Task<> Source::ask(Connection& connection, std::string method, std::string params) {
    Time asked = clock_.now();
    std::string name = method;
    Result<Frame> answer =
        co_await connection.call(std::move(method), std::move(params), options_.call_deadline);
    Time now = clock_.now();
    // While we do not read, the answer waits behind what we do not take.
    if (is_blocked_ || (!answer && answer.error().code != Code::kTimeout)) co_return;
    if (!answer) {
        liveness_.unanswered(answer.error().message);
    } else if (!answer->is_ok()) {
        RpcError error = answer->error();
        liveness_.unanswered(fmt::format("{}: {} {}", name, error.code, error.message));
    } else {
        liveness_.answered(now - asked, now);
    }
}

Task<> Source::append_batches() {
    while (true) {
        while (batch_->events.empty()) co_await filled_.wait();
        co_await io::sleep_for(options_.batch_delay);
        in_flight_ = std::exchange(batch_, std::make_shared<EventBatch>());
        emptied_.notify_all();
        milliseconds pause = kAppendRetryMin;
        while (true) {
            bool is_taken = co_await append_batch(in_flight_);
            if (is_taken) break;
            co_await io::sleep_for(pause);
            pause = std::min(pause * 2, kAppendRetryMax);
        }
        in_flight_.reset();
    }
}

Task<bool> Source::append_batch(std::shared_ptr<EventBatch> batch) {
    std::function<void(std::function<void(Result<recorder::Receipt>)>)> begin =
        [this, batch](std::function<void(Result<recorder::Receipt>)> done) {
            append_(batch, std::move(done));
        };
    auto receipt = co_await io::completion<Result<recorder::Receipt>>(std::move(begin));
    if (!receipt)
        log::warn("openclaw", "{}: the recorder refused {} events: {}", source_name_, batch->events.size(),
                  receipt.error().message);
    co_return receipt.has_value();
}

Task<> Source::watch() {
    while (true) {
        co_await io::sleep_for(seconds(1));
        size_t from = batch_->events.size();
        mapper_.expire(clock_.now(), *batch_);
        added(from);
        publish();
    }
}

void Source::publish() {
    Time now = clock_.now();
    Verdict verdict = liveness_.judge(now);
    SourceStatus copy;
    {
        std::lock_guard lock(mutex_);
        status_.verdict = verdict;
        status_.last_answer_ms = unix_ms(liveness_.last_answer());
        status_.round_trip_ms = liveness_.round_trip().count() / 1000;
        status_.turns_ok = liveness_.turns_ok();
        status_.turns_failed = liveness_.turns_failed();
        copy = status_;
    }
    bool is_changed = verdict.state != published_state_;
    if (is_changed) log::info("openclaw", "{}: {}: {}", source_name_, to_string(verdict.state), verdict.why);
    if (!is_changed && now - published_ < kPublishEvery) return;
    published_state_ = verdict.state;
    published_ = now;
    if (on_status_) on_status_(std::move(copy));
}

SourceStatus Source::status() const {
    std::lock_guard lock(mutex_);
    return status_;
}

}  // namespace nightshift::ingest::openclaw
