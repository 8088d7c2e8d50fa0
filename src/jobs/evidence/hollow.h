#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nightshift::jobs::evidence {

// Why a text is no result, although somebody handed it in as one: it is empty, a placeholder, a plan without
// the work, a provider's refusal, or the words of a harness for "nothing came". Only short texts are judged:
// a long report may speak of plans and limits. Nothing when it may be a result.
std::optional<std::string> hollow_reason(std::string_view text);

constexpr size_t kHollowBytesMax = 800;

}  // namespace nightshift::jobs::evidence
