#include "api/export.h"

#include "api/problem.h"
#include "base/redact.h"
#include "base/text.h"
#include "net/stream.h"
#include "recorder/event_json.h"

namespace nightshift::api {
namespace {

constexpr uint32_t kPageRows = 2000;
constexpr size_t kQueuedBytesMax = 16u << 20;

struct ExportPage {
    std::string text;
    std::string next_cursor;
};

Result<ExportPage> read_page(const ExportParts& parts, const recorder::EventQuery& query,
                             ExportFormat format) {
    NS_TRY(recorder::EventPage page, parts.recorder.events(query));
    ExportPage out{"", std::move(page.next_cursor)};
    for (const recorder::Event& event : page.batch->events) {
        if (format == ExportFormat::kCsv) {
            recorder::append_event_csv(out.text, event);
        } else {
            recorder::append_event_json(out.text, event);
            out.text += '\n';
        }
    }
    out.text = parts.redactor.redact(out.text);
    return out;
}

std::string failure_line(const Error& error, ExportFormat format) {
    std::string line = format == ExportFormat::kCsv ? "# the export broke off: " : R"({"error":)";
    if (format == ExportFormat::kCsv) {
        line += error.message;
    } else {
        append_json_string(line, error.message);
        line += '}';
    }
    return line + "\n";
}

Task<> stream_pages(ExportParts parts, recorder::EventQuery query, ExportFormat format,
                    net::ByteStream& out) {
    query.limit = kPageRows;
    if (format == ExportFormat::kCsv) {
        out.offer(std::make_shared<const std::string>(recorder::event_csv_header()), kQueuedBytesMax);
    }
    for (;;) {
        std::function<Result<ExportPage>()> read = [parts, query, format] {
            return read_page(parts, query, format);
        };
        Result<ExportPage> page = co_await parts.pool.run(std::move(read));
        if (!page) {
            out.offer(std::make_shared<const std::string>(failure_line(page.error(), format)),
                      kQueuedBytesMax);
            co_return;
        }
        if (!page->text.empty() &&
            !out.offer(std::make_shared<const std::string>(std::move(page->text)), kQueuedBytesMax)) {
            co_return;
        }
        Result<void> taken = co_await out.drained();
        if (!taken || page->next_cursor.empty()) co_return;
        query.cursor = page->next_cursor;
    }
}

}  // namespace

net::Response export_events(ExportParts parts, recorder::EventQuery query, ExportFormat format) {
    net::Response response;
    bool csv = format == ExportFormat::kCsv;
    response.headers.set("Content-Type", csv ? "text/csv; charset=utf-8" : "application/x-ndjson");
    response.headers.set("Content-Disposition",
                         csv ? "attachment; filename=events.csv" : "attachment; filename=events.ndjson");
    response.stream = [parts, query = std::move(query), format](net::ByteStream& out) {
        return stream_pages(parts, query, format, out);
    };
    return response;
}

}  // namespace nightshift::api
