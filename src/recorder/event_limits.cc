#include "recorder/event_limits.h"

#include <fmt/core.h>

#include "base/text.h"
#include "recorder/columns.h"
#include "recorder/identity.h"

namespace nightshift::recorder {

void limit_texts(EventBatch& batch) {
    for (Event& event : batch.events) {
        if (event.id.size() > kIdBytesMax) event.id = batch.keep(hex_hash(event.id));
        for (auto member : kTextMembers) {
            if ((event.*member).size() > kTextBytesMax)
                event.*member = truncate_utf8(event.*member, kTextBytesMax);
        }
        if (event.tenant.size() > kTextBytesMax) event.tenant = truncate_utf8(event.tenant, kTextBytesMax);
        if (event.attributes.size() > kAttributesBytesMax) {
            event.attributes =
                batch.keep(fmt::format(R"({{"dropped_attribute_bytes":{}}})", event.attributes.size()));
        }
    }
}

}  // namespace nightshift::recorder
