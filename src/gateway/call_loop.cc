#include <algorithm>

#include "base/redact.h"
#include "gateway/call.h"

// A call and the loop it may be part of.
namespace nightshift::gateway {
namespace {

constexpr size_t kNotesMax = 4'096;
constexpr std::chrono::seconds kNoteEvery{10};  // of one caller
constexpr std::chrono::seconds kPauseMax{10};

}  // namespace

// A person's own words end every loop; and reading a conversation costs a walk over the body, so only those
// that can hold a loop are read.
LoopEvidence Call::strongest_loop(Instant now) const {
    const LoopOptions& options = plan_->settings.loops;
    if (request_.dialect == Dialect::kEmbeddings) return {};
    const std::string who =
        caller_.tenant + "/" + (caller_.session.empty() ? caller_.agent : caller_.session);
    const size_t same = shard_.storms.count(who, hash_body(request_.http.body), now, options.storm_window);
    LoopEvidence strongest = storm_evidence(same, options);
    const bool may_loop = facts_.last_role != Role::kUser && facts_.messages >= 4;
    if (may_loop) {
        LoopEvidence found = find_loop(read_conversation(request_.dialect, request_.http.body), options);
        if (found.score > strongest.score) strongest = std::move(found);
    }
    return strongest;
}

Task<std::optional<net::Response>> Call::look_for_loop() {
    const LoopOptions& options = plan_->settings.loops;
    if (options.most == LoopAction::kNone) co_return std::nullopt;
    const Instant now = std::chrono::steady_clock::now();
    loop_ = strongest_loop(now);
    loop_action_ = loop_action(loop_, options);
    if (loop_action_ == LoopAction::kNone) co_return std::nullopt;
    if (shard_.loop_notes.size() >= kNotesMax) shard_.loop_notes.clear();
    Instant& told = shard_.loop_notes[caller_.tenant + "/" + caller_.agent + "/" + caller_.session];
    if (now - told >= kNoteEvery || loop_action_ == LoopAction::kStop) {
        told = now;
        shard_.ledger.add_loop(caller_, loop_, loop_action_, shard_.clock.now());
    }
    if (loop_action_ == LoopAction::kThrottle) {
        const auto pause =
            std::min<std::chrono::duration<double>>(std::chrono::duration<double>(loop_.score), kPauseMax);
        co_await io::sleep_for(std::chrono::duration_cast<std::chrono::nanoseconds>(pause));
        waited_ += std::chrono::steady_clock::now() - now;
    }
    if (loop_action_ != LoopAction::kStop) co_return std::nullopt;
    const std::string message =
        "stopped: " + Redactor().redact(explain(loop_)) + "; a new message of a person goes through";
    net::Response response = refuse(429, "loop_detected", message);
    response.headers.add("x-should-retry", "false");
    co_return response;
}

}  // namespace nightshift::gateway
