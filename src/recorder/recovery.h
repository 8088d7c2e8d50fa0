#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/result.h"
#include "recorder/dedupe.h"
#include "recorder/recorder.h"
#include "recorder/view.h"

namespace nightshift::recorder {

struct Recovered {
    Dedupe dedupe;
    Position next_row = 1;
};

// Reads the log after a start: rows beyond `sealed` go into `view`, ids into the dedupe set; a torn tail is
// cut, sealed files go. `make_room` is called between records, so that a long log does not fill memory.
Result<Recovered> recover(const Options& options, const Clock& clock, uint64_t sealed, View& view,
                          const std::function<Result<void>()>& make_room);

}  // namespace nightshift::recorder
