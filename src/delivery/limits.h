#pragma once

#include <chrono>
#include <cstddef>

// Every limit of this room, with what happens at it.
namespace nightshift::delivery {

// Not settled, per tenant; one more is refused with kLimit.
constexpr int kWaitingMax = 1'000;
constexpr size_t kKeyBytesMax = 200;          // refused beyond it
constexpr size_t kAboutBytesMax = 200;        // refused
constexpr size_t kSubjectBytesMax = 1'000;    // cut, with an ellipsis
constexpr size_t kTextBytesMax = 256u << 10;  // cut, with an ellipsis; each provider's own limit is smaller
constexpr size_t kErrorBytesMax = 400;        // of an attempt; cut
constexpr size_t kIdentifierBytesMax = 300;   // of a receipt; a longer one is no identifier
constexpr size_t kAnswerBytesMax = 1u << 20;  // of a provider's answer; beyond it proves nothing
constexpr int kPageMax = 500;                 // rows of one list()
constexpr int kAttemptsShownMax = 100;        // of one delivery; the newest
constexpr size_t kSendingMax = 64;            // at once, over all channels; the rest waits in the database
constexpr size_t kChannelsMax = 200;          // refused beyond it
constexpr size_t kRecipientsMax = 100;        // of an e-mail channel; refused
constexpr int kAttemptsMax = 100;
constexpr std::chrono::milliseconds kTimeoutMin{100};
constexpr std::chrono::milliseconds kTimeoutMax{300'000};
constexpr std::chrono::hours kGiveUpMax{30 * 24};
// Until the next look after the database did not answer, or did not take a change.
constexpr std::chrono::milliseconds kStoreRetry{1'000};
// Longest pause a provider can ask for; a longer one is taken as this, and mostly ends the delivery.
constexpr std::chrono::hours kRetryAfterMax{30 * 24};

}  // namespace nightshift::delivery
