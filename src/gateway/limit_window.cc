#include "gateway/limit_window.h"

namespace nightshift::gateway {

WindowBounds window_around(LimitWindow window, Time now) {
    using std::chrono::days;
    using std::chrono::floor;
    using std::chrono::hours;
    using std::chrono::minutes;
    using std::chrono::months;
    using std::chrono::sys_days;
    switch (window) {
        case LimitWindow::kMinute: {
            const auto start = floor<minutes>(now);
            return {start, start + minutes(1)};
        }
        case LimitWindow::kHour: {
            const auto start = floor<hours>(now);
            return {start, start + hours(1)};
        }
        case LimitWindow::kDay: {
            const auto start = floor<days>(now);
            return {start, start + days(1)};
        }
        case LimitWindow::kMonth: {
            const std::chrono::year_month_day today(floor<days>(now));
            const std::chrono::year_month month(today.year(), today.month());
            return {sys_days(month / 1), sys_days((month + months(1)) / 1)};
        }
    }
    return {now, now};
}

}  // namespace nightshift::gateway
