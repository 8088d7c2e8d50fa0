#pragma once

#include "incidents/types.h"

namespace nightshift::incidents {

// Writes an entry at the end, its text cut to kTextBytesMax. At kTimelineMax the oldest entry after the first
// kTimelineFirst gives way: how it began and how it goes on matter most.
void add_entry(Incident& incident, Entry entry);

// Remembers a notification; at kNotificationsMax the oldest settled one gives way, without one the oldest.
void keep_notification(Incident& incident, Notification notification);

// Not delivered and not given up either.
bool is_under_way(const Notification& notification);

}  // namespace nightshift::incidents
