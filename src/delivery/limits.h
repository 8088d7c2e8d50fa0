#pragma once

#include <chrono>
#include <cstddef>

// Every limit of this room, with what happens at it.
namespace nightshift::delivery {

// Not settled, per tenant; one more is refused with kLimit.
constexpr int kWaitingMax = 50'000;
constexpr size_t kKeyBytesMax = 200;             // refused beyond it
constexpr size_t kAboutBytesMax = 200;           // refused
constexpr size_t kThreadBytesMax = 200;          // refused
constexpr size_t kLinksMax = 5;                  // refused
constexpr size_t kLinkLabelBytesMax = 60;        // cut
constexpr size_t kLinkUrlBytesMax = 1'000;       // refused
constexpr size_t kPayloadBytesMax = 256u << 10;  // refused: half an object is none
constexpr size_t kSubjectBytesMax = 1'000;       // cut, with an ellipsis
constexpr size_t kTextBytesMax = 256u << 10;  // cut, with an ellipsis; each provider's own limit is smaller
constexpr size_t kErrorBytesMax = 400;        // of an attempt; cut
constexpr size_t kIdentifierBytesMax = 300;   // of a receipt; a longer one is no identifier
constexpr size_t kAnswerBytesMax = 1u << 20;  // of a provider's answer; beyond it proves nothing
constexpr int kPageMax = 500;                 // rows of one list()
constexpr int kAttemptsShownMax = 100;        // of one delivery; the newest
// At once over all channels; the rest waits in the database. A channel always has its share, so that those
// that hang do not take the places of all others.
constexpr size_t kSendingMax = 64;
constexpr size_t kSendingShare = 4;
constexpr size_t kMailThreads = 8;              // SMTP sessions at once; each blocks one
constexpr size_t kChannelsMax = 200;            // refused beyond it
constexpr size_t kMailQueueMax = kChannelsMax;  // an e-mail channel sends one at a time
constexpr size_t kRecipientsMax = 100;          // of an e-mail channel; refused
constexpr int kAttemptsMax = 100;
constexpr std::chrono::milliseconds kTimeoutMin{100};
constexpr std::chrono::milliseconds kTimeoutMax{300'000};
constexpr std::chrono::hours kGiveUpMax{30 * 24};
// Until the next look after the database did not answer, or did not take a change.
constexpr std::chrono::milliseconds kStoreRetry{1'000};
// Longest pause a provider can ask for; a longer one is taken as this, and mostly ends the delivery.
constexpr std::chrono::hours kRetryAfterMax{30 * 24};

}  // namespace nightshift::delivery
