#pragma once

#include <string>

#include "incidents/types.h"

namespace nightshift::incidents {

struct AlertmanagerReceiver {
    std::string receiver;      // the channel's name
    std::string external_url;  // of Nightshift, may be empty
    std::string incident_url;  // of the incident: each alert's generatorURL
};

// The incident as Alertmanager's webhook sends a group (version "4"): what accepts Alertmanager accepts this.
// The diagnosis stands in commonAnnotations. At most kAlertsSentMax alerts, the rest in truncatedAlerts.
std::string alertmanager_payload(const Incident& incident, const AlertmanagerReceiver& to);

}  // namespace nightshift::incidents
