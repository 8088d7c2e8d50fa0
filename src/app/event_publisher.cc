#include "app/event_publisher.h"

#include "recorder/event_json.h"

namespace nightshift::app {

void publish_events(live::Hub& hub, const recorder::EventBatch& batch) {
    std::string session_topic;
    for (const recorder::Event& event : batch.events) {
        bool for_all = hub.has_readers(event.tenant, "events");
        bool for_session = false;
        if (!event.session.empty()) {
            session_topic.assign("session:").append(event.session);
            for_session = hub.has_readers(event.tenant, session_topic);
        }
        if (!for_all && !for_session) continue;
        std::string item;
        recorder::append_event_json(item, event);
        if (for_all) hub.append(event.tenant, "events", item);
        if (for_session) hub.append(event.tenant, session_topic, std::move(item));
    }
}

}  // namespace nightshift::app
