#include "recorder/event.h"

#include <algorithm>
#include <cstring>

namespace nightshift::recorder {

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::kLog:
            return "log";
        case Kind::kSession:
            return "session";
        case Kind::kTurn:
            return "turn";
        case Kind::kModelCall:
            return "model_call";
        case Kind::kToolCall:
            return "tool_call";
        case Kind::kRetrieval:
            return "retrieval";
        case Kind::kApproval:
            return "approval";
        case Kind::kHook:
            return "hook";
        case Kind::kWorkflow:
            return "workflow";
        case Kind::kMessage:
            return "message";
        case Kind::kSample:
            return "sample";
        case Kind::kJob:
            return "job";
    }
    return "log";
}

std::string_view to_string(Status status) {
    switch (status) {
        case Status::kUnset:
            return "unset";
        case Status::kOk:
            return "ok";
        case Status::kError:
            return "error";
        case Status::kTimeout:
            return "timeout";
        case Status::kCancelled:
            return "cancelled";
        case Status::kRunning:
            return "running";
    }
    return "unset";
}

std::string_view to_string(CostSource source) {
    switch (source) {
        case CostSource::kNone:
            return "none";
        case CostSource::kReported:
            return "reported";
        case CostSource::kPriced:
            return "priced";
    }
    return "none";
}

std::string_view EventBatch::keep(std::string_view text) {
    constexpr size_t kBlockBytes = 64u << 10;
    if (text.empty()) return {};
    bytes_ += text.size();
    if (blocks_.empty() || blocks_.back().size() - block_used_ < text.size()) {
        blocks_.emplace_back(std::max(kBlockBytes, text.size()), '\0');
        block_used_ = 0;
    }
    char* to = blocks_.back().data() + block_used_;
    std::memcpy(to, text.data(), text.size());
    block_used_ += text.size();
    return {to, text.size()};
}

void EventBatch::adopt(std::shared_ptr<const std::string> buffer) {
    bytes_ += buffer->size();
    buffers_.push_back(std::move(buffer));
}

}  // namespace nightshift::recorder
