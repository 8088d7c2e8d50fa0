#include "app/openclaw_note.h"

#include <boost/json.hpp>
#include <cstdlib>

#include "base/file.h"
#include "ingest/openclaw/json.h"

namespace nightshift::app {

namespace json = boost::json;
namespace openclaw = ingest::openclaw;

namespace {

constexpr size_t kBytesMax = 16u << 10;
constexpr int64_t kStartSlackMs = 10'000;  // how exactly a gateway's start is known without a boot id

}  // namespace

std::optional<OpenclawNote> OpenclawNote::read(const std::filesystem::path& path) {
    auto text = read_file(path, kBytesMax);
    if (!text) return std::nullopt;
    boost::system::error_code error;
    json::value parsed = json::parse(*text, error);
    if (error || !parsed.is_object()) return std::nullopt;
    const json::object& object = parsed.get_object();
    OpenclawNote note;
    note.run_id = openclaw::text(object, "run_id");
    note.session = openclaw::text(object, "session");
    note.boot_id = openclaw::text(object, "boot_id");
    note.started_ms = openclaw::number(object, "started_ms");
    note.asked_ms = openclaw::number(object, "asked_ms");
    return note;
}

Result<void> OpenclawNote::write(const std::filesystem::path& path) const {
    json::object object{{"run_id", run_id},
                        {"session", session},
                        {"boot_id", boot_id},
                        {"started_ms", started_ms},
                        {"asked_ms", asked_ms}};
    return write_file_atomically(path, json::serialize(object), 0600);
}

void OpenclawNote::answered_by(const openclaw::CallAnswer& answer) {
    boot_id = answer.boot_id;
    started_ms = answer.started_ms;
}

bool OpenclawNote::is_other_process(const openclaw::CallAnswer& answer) const {
    if (!was_answered()) return false;
    if (!boot_id.empty() && !answer.boot_id.empty()) return boot_id != answer.boot_id;
    return std::abs(answer.started_ms - started_ms) > kStartSlackMs;
}

}  // namespace nightshift::app
