#include "live/cursor.h"

#include "live/resume_token.h"

namespace nightshift::live {
namespace {

// One call of advance().
class Advance {
public:
    Advance(std::vector<Cursor>& cursors, std::string_view epoch, AdvanceLimits limits, Instant now,
            Batch& batch)
        : cursors_(cursors), epoch_(epoch), limits_(limits), now_(now), batch_(batch) {}

    Advanced run() {
        for (Cursor& cursor : cursors_) {
            move(cursor);
            if (!result_.is_complete) break;
        }
        if (result_.is_changed) {
            std::string token = token_for(cursors_, epoch_);
            batch_.add(Message("token", token_json(token)), token);
        }
        return result_;
    }

private:
    void move(Cursor& cursor) {
        // A snapshot may be older than the head; the deltas since then follow whatever they weigh, or it
        // would be shown again.
        bool is_shown = cursor.start == Cursor::Start::kNew;
        if (is_shown) show(cursor);
        while (cursor.start != Cursor::Start::kReading || cursor.topic->head() != cursor.seq) {
            if (room() == 0) {
                result_.is_complete = false;
                return;
            }
            bool is_limited = !is_shown && cursor.start == Cursor::Start::kReading;
            auto missed = cursor.topic->deltas_after(
                cursor.seq, is_limited ? limits_.missed_bytes_max : SIZE_MAX, room());
            if (!missed) {
                show(cursor);
                is_shown = true;
                continue;
            }
            if (cursor.start == Cursor::Start::kToken) resume(cursor);
            for (const Delta& delta : missed->deltas) follow(cursor, delta);
            cursor.items_end = missed->items_end;
        }
    }

    size_t room() const {
        return delta_bytes_ < limits_.chunk_bytes_max ? limits_.chunk_bytes_max - delta_bytes_ : 0;
    }

    void show(Cursor& cursor) {
        bool is_put_back = cursor.start == Cursor::Start::kReading;
        Snapshot snapshot = cursor.topic->snapshot(now_, is_put_back ? cursor.items_end : std::nullopt);
        cursor = {std::move(cursor.topic), Cursor::Start::kReading, snapshot.seq, snapshot.items_end};
        ++result_.snapshots;
        if (is_put_back) ++result_.put_back;
        add(*snapshot.message);
    }

    void resume(Cursor& cursor) {
        cursor.start = Cursor::Start::kReading;
        ++result_.resumed;
        add(Message("resumed", resumed_json(cursor.topic->name(), cursor.seq)));
    }

    void follow(Cursor& cursor, const Delta& delta) {
        cursor.seq = delta.seq;
        delta_bytes_ += delta.message->json().size();
        add(*delta.message);
    }

    void add(const Message& message) {
        result_.is_changed = true;
        batch_.add(message, batch_.needs_tokens() ? token_for(cursors_, epoch_) : std::string());
    }

    std::vector<Cursor>& cursors_;
    std::string_view epoch_;
    AdvanceLimits limits_;
    Instant now_;
    Batch& batch_;
    size_t delta_bytes_ = 0;
    Advanced result_;
};

}  // namespace

Advanced advance(std::vector<Cursor>& cursors, std::string_view epoch, AdvanceLimits limits, Instant now,
                 Batch& batch) {
    return Advance(cursors, epoch, limits, now, batch).run();
}

std::string token_for(const std::vector<Cursor>& cursors, std::string_view epoch) {
    std::string token(epoch);
    bool is_first = true;
    for (const Cursor& cursor : cursors) {
        if (cursor.start == Cursor::Start::kNew) continue;
        append_place(token, is_first, cursor.topic->encoded_name(), cursor.seq);
        is_first = false;
    }
    if (is_first) token += '.';
    return token;
}

}  // namespace nightshift::live
