#include "alerts/silence.h"

#include <algorithm>

#include "alerts/limits.h"
#include "base/text.h"

namespace nightshift::alerts {

Result<void> check_silence(const Silence& silence, Time now) {
    if (silence.matchers.empty() || silence.matchers.size() > kMatchersMax)
        return fail(Code::kInvalid, "a silence needs 1 to {} matchers", kMatchersMax);
    bool matches_all = std::all_of(silence.matchers.begin(), silence.matchers.end(),
                                   [](const Matcher& each) { return each.matches(Labels()); });
    if (matches_all) return fail(Code::kInvalid, "this silence would mute every alert: name a label's value");
    if (silence.ends <= silence.starts) return fail(Code::kInvalid, "a silence ends after it starts");
    if (silence.ends <= now) return fail(Code::kInvalid, "this silence would be over already");
    if (silence.ends - std::max(silence.starts, now) > kSilenceMax)
        return fail(Code::kInvalid, "a silence lasts at most {} days", kSilenceMax.count() / 24);
    if (trim(silence.author).empty()) return fail(Code::kInvalid, "a silence needs its author");
    if (trim(silence.reason).empty()) return fail(Code::kInvalid, "a silence needs a reason");
    if (silence.reason.size() > kTextBytesMax || silence.author.size() > kTextBytesMax)
        return fail(Code::kInvalid, "author and reason have at most {} bytes", kTextBytesMax);
    return {};
}

}  // namespace nightshift::alerts
