#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "ingest/openclaw/frame.h"
#include "ingest/openclaw/mapping.h"
#include "recorder/event.h"

// Recorded gateways for tests; see tests/data/openclaw/README.md.
namespace nightshift::ingest::openclaw::testing {

// A file of tests/data/openclaw. Throws when it is not there.
std::string data(const std::string& name);

// One line of a recording: a frame, or the end of a connection.
struct Step {
    Time when{};
    std::string frame;
    int64_t close_code = 0;
};
std::vector<Step> recording(const std::string& name);

MapperOptions options(const std::string& gateway = "g1");
// Throws when the text is no frame.
Frame frame(const std::string& text);
// The answer recorded for a call, as a frame.
Frame answer(const std::string& file);
void replay(Mapper& mapper, const std::vector<Step>& steps, recorder::EventBatch& out);

// Sums over the events of one kind that are not merely "it has begun".
struct Sums {
    int count = 0;
    int ok = 0;
    int errors = 0;
    uint64_t input_tokens = 0;
    uint64_t cache_read_tokens = 0;
    uint64_t output_tokens = 0;
    int64_t cost_nano_usd = 0;
};
Sums sums(const recorder::EventBatch& batch, recorder::Kind kind);
// How many events of the kind say that something has begun.
int running(const recorder::EventBatch& batch, recorder::Kind kind);

}  // namespace nightshift::ingest::openclaw::testing
