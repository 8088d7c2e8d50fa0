#include "app/watch_numbers.h"

#include <boost/json.hpp>

namespace nightshift::app {

namespace json = boost::json;

json::object show_numbers(const WatchNumbers& numbers) {
    return json::object{{"alerts",
                         {{"known", numbers.alerts.alerts},
                          {"groups", numbers.alerts.groups},
                          {"series", numbers.alerts.series},
                          {"taken_total", numbers.alerts.taken_total},
                          {"refused_total", numbers.alerts.refused_total},
                          {"flushed_total", numbers.alerts.flushed_total},
                          {"suppressed_total", numbers.alerts.suppressed_total},
                          {"dropped_series_total", numbers.alerts.dropped_series_total},
                          {"evaluate_us", numbers.alerts.evaluate_us},
                          {"history_rows", numbers.history.rows},
                          {"history_things", numbers.history.things},
                          {"history_left_out_total", numbers.history.left_out_total},
                          {"history_shed_total", numbers.history.shed_total},
                          {"history_failures_total", numbers.history.failures_total}}},
                        {"incidents",
                         {{"unresolved", numbers.incidents.open},
                          {"diagnosing", numbers.incidents.diagnosing},
                          {"opened_total", numbers.incidents.opened_total},
                          {"diagnosed_total", numbers.incidents.diagnosed_total},
                          {"notified_total", numbers.incidents.notified_total},
                          {"false_alarms_total", numbers.incidents.false_alarms_total},
                          {"store_failures_total", numbers.incidents.store_failures_total},
                          {"decision_max_us", numbers.incidents.decision_us_max},
                          {"diagnosis_max_us", numbers.incidents.diagnosis_us_max}}},
                        {"deliveries",
                         {{"waiting", numbers.deliveries.waiting},
                          {"sending", numbers.deliveries.sending},
                          {"attempts_total", numbers.deliveries.attempts_total},
                          {"delivered_total", numbers.deliveries.delivered_total},
                          {"unknown_total", numbers.deliveries.unknown_total},
                          {"failed_total", numbers.deliveries.failed_total},
                          {"rate_limited_total", numbers.deliveries.rate_limited_total}}}};
}

}  // namespace nightshift::app
