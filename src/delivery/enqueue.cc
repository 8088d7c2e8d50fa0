#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/random.h"
#include "base/text.h"
#include "delivery/limits.h"
#include "delivery/link_list.h"
#include "delivery/service.h"
#include "delivery/text_fit.h"
#include "delivery/thread_store.h"
#include "net/client.h"

// The way into the outbox: what is refused, and where in its thread a delivery stands.
namespace nightshift::delivery {
namespace {

Result<void> check_links(const std::vector<Link>& links) {
    if (links.size() > kLinksMax) return fail(Code::kInvalid, "a delivery has at most {} links", kLinksMax);
    for (const Link& each : links) {
        auto is_bad = [](unsigned char c) { return c <= 0x20 || c >= 0x7f; };
        auto url = net::parse_url(each.url);
        bool is_web = url && (url->scheme == "http" || url->scheme == "https");
        if (!is_web || each.url.size() > kLinkUrlBytesMax || std::ranges::any_of(each.url, is_bad)) {
            return fail(Code::kInvalid, "a link needs an http(s) address in ASCII of at most {} bytes",
                        kLinkUrlBytesMax);
        }
        if (trim(each.label).empty()) return fail(Code::kInvalid, "a link needs a label");
    }
    return {};
}

Result<void> check_payload(const std::string& payload) {
    if (payload.empty()) return {};
    if (payload.size() > kPayloadBytesMax) {
        return fail(Code::kInvalid, "a payload has at most {} bytes", kPayloadBytesMax);
    }
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(payload, error);
    if (error || !value.is_object()) return fail(Code::kInvalid, "a payload is a JSON object");
    return {};
}

Result<void> check_thread(const NewDelivery& delivery) {
    if (delivery.thread.size() > kThreadBytesMax || !is_valid_utf8(delivery.thread)) {
        return fail(Code::kInvalid, "a thread's name is text of at most {} bytes", kThreadBytesMax);
    }
    if (delivery.thread.empty() && delivery.mode != Mode::kPost) {
        return fail(Code::kInvalid, "only a delivery in a thread can be an {}", to_string(delivery.mode));
    }
    constexpr std::array<std::string_view, 4> kSeverities{"", "info", "warning", "critical"};
    if (std::ranges::find(kSeverities, delivery.severity) == kSeverities.end()) {
        return fail(Code::kInvalid, "a severity is critical, warning or info");
    }
    return {};
}

Result<void> check_new(const NewDelivery& delivery) {
    if (delivery.tenant.empty()) return fail(Code::kInvalid, "a delivery needs a tenant");
    if (delivery.key.empty() || delivery.key.size() > kKeyBytesMax) {
        return fail(Code::kInvalid, "a delivery needs an idempotency key of at most {} bytes", kKeyBytesMax);
    }
    if (delivery.channel.empty() || delivery.channel.size() > kKeyBytesMax) {
        return fail(Code::kInvalid, "a delivery needs the name of a channel");
    }
    if (delivery.about.size() > kAboutBytesMax) {
        return fail(Code::kInvalid, "what a delivery is about has at most {} bytes", kAboutBytesMax);
    }
    if (trim(delivery.text).empty() && trim(delivery.subject).empty()) {
        return fail(Code::kInvalid, "a delivery with neither subject nor text says nothing");
    }
    if (auto checked = check_thread(delivery); !checked) return checked;
    if (auto checked = check_links(delivery.links); !checked) return checked;
    return check_payload(delivery.payload);
}

Result<void> check_room(store::Database& db, const std::string& tenant) {
    NS_TRY(auto count, db.prepare("SELECT waiting FROM delivery_tenants WHERE tenant = ?"));
    count.bind(1, tenant);
    NS_TRY(bool has_row, count.step());
    if (!has_row || count.integer(0) < kWaitingMax) return {};
    return fail(Code::kLimit,
                "{} deliveries of this tenant wait to be sent already; see which channel does not take them, "
                "or try again later",
                count.integer(0));
}

// Returns its number in its thread. Whoever is not the first there waits to be promoted.
Result<int64_t> insert(store::Database& db, const NewDelivery& delivery, const std::string& id, Time now) {
    ThreadKey key{delivery.tenant, delivery.channel, delivery.thread};
    bool is_threaded = !delivery.thread.empty();
    int64_t revision = 0;
    if (is_threaded) {
        NS_TRY(revision, take_revision(db, key, now));
    }
    NS_TRY(auto insert,
           db.prepare("INSERT INTO deliveries (id, tenant, key, channel, subject, text, about, state,"
                      " created_us, next_attempt_us, mode, thread, revision, severity, is_resolution, links,"
                      " payload) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.bind(1, id).bind(2, delivery.tenant).bind(3, delivery.key).bind(4, delivery.channel);
    insert.bind(5, fit(to_valid_utf8(delivery.subject), kSubjectBytesMax, Count::kBytes));
    insert.bind(6, fit(to_valid_utf8(delivery.text), kTextBytesMax, Count::kBytes));
    insert.bind(7, to_valid_utf8(delivery.about)).bind(8, unix_us(now));
    insert.bind(9, revision > 1 ? std::nullopt : std::optional<int64_t>(unix_us(now)));
    insert.bind(10, to_string(delivery.mode)).bind(11, delivery.thread).bind(12, revision);
    insert.bind(13, delivery.severity).bind(14, static_cast<int64_t>(delivery.is_resolution));
    insert.bind(15, write_links(delivery.links)).bind(16, delivery.payload);
    if (auto done = insert.run(); !done) return Failure(done.error());
    return revision;
}

}  // namespace

Result<std::string> Service::enqueue(store::Database& db, const NewDelivery& delivery, Time now) {
    if (auto checked = check_new(delivery); !checked) return Failure(checked.error());
    {
        NS_TRY(auto known, db.prepare("SELECT id FROM deliveries WHERE tenant = ? AND key = ?"));
        known.bind(1, delivery.tenant).bind(2, delivery.key);
        NS_TRY(bool is_known, known.step());
        if (is_known) return known.text(0);
    }
    ThreadKey thread{delivery.tenant, delivery.channel, delivery.thread};
    std::optional<Time> replaced;
    if (delivery.mode == Mode::kEdit) {
        NS_TRY(replaced, supersede_edits(db, thread, now));
    }
    // After that: an edit in the place of another one needs no room of its own.
    if (auto room = check_room(db, delivery.tenant); !room) return Failure(room.error());
    std::string random = random_bytes(6);
    std::string id = fmt::format("dlv_{:012x}{}", unix_ms(now), to_hex(random.data(), random.size()));
    NS_TRY(int64_t revision, insert(db, delivery, id, now));
    if (revision <= 1) return id;
    Time due = std::max(now, replaced.value_or(now));
    if (auto stands = promote_next(db, thread, due); !stands) return Failure(stands.error());
    return id;
}

}  // namespace nightshift::delivery
