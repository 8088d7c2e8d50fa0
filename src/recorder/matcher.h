#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/event.h"
#include "recorder/filter.h"

namespace nightshift::recorder {

// Tells which events of a batch a `where` (docs/api.md) selects: for those who act on events as they come.
// Immutable; threads may share it.
class Matcher {
public:
    // kInvalid says what is wrong with `where`, and where.
    static Result<Matcher> parse(std::string_view where);

    // The indexes of the tenant's events that match, ascending.
    std::vector<size_t> match(const EventBatch& batch, std::string_view tenant) const;

private:
    explicit Matcher(Filter filter) : filter_(std::move(filter)) {}

    Filter filter_;
};

}  // namespace nightshift::recorder
