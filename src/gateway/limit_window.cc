#include "gateway/limit_window.h"

namespace nightshift::gateway {

WindowBounds window_around(LimitWindow window, Time now) {
    using namespace std::chrono;
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
            const year_month_day today(floor<days>(now));
            const year_month month(today.year(), today.month());
            return {sys_days(month / 1), sys_days((month + months(1)) / 1)};
        }
    }
    return {now, now};
}

}  // namespace nightshift::gateway
