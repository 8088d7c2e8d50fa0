#include "alerts/alert.h"

#include <algorithm>

namespace nightshift::alerts {

Alert merge(const Alert& known, const Alert& told) {
    Alert merged = told;
    bool overlaps = told.starts <= known.ends && known.starts <= told.ends;
    if (overlaps) merged.starts = std::min(known.starts, told.starts);
    return merged;
}

}  // namespace nightshift::alerts
