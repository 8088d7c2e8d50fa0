#pragma once

#include <optional>
#include <string>
#include <vector>

#include "delivery/types.h"
#include "incidents/apply.h"
#include "incidents/service.h"

// How incidents and deliveries meet: what is to be said becomes a delivery, its end a receipt. Pure.
namespace nightshift::app {

delivery::NewDelivery delivery_of(const std::string& tenant, const incidents::Wish& wish);

struct IncidentReceipt {
    std::string incident;
    incidents::Receipt receipt;
};
// Nothing when the delivery was not an incident's.
std::optional<IncidentReceipt> receipt_of(const delivery::Delivery& delivery);

// Whether a message over that channel can be changed later.
bool can_edit(const std::vector<delivery::ChannelSpec>& channels, const std::string& name);
// Whether that channel expects Alertmanager's payload.
bool speaks_alertmanager(const std::vector<delivery::ChannelSpec>& channels, const std::string& name);

}  // namespace nightshift::app
