#pragma once

#include <deque>
#include <string>

#include "net/stream.h"

// For tests only: a connection whose reader takes as much as the test lets it.
namespace nightshift::live {

class TestStream final : public net::ByteStream {
public:
    // What the kernel takes without a reader.
    explicit TestStream(size_t kernel_bytes_max) : kernel_bytes_max_(kernel_bytes_max) {}

    bool offer(net::SharedBytes bytes, size_t queued_bytes_max) override {
        if (!is_open_ || queued_ + bytes->size() > queued_bytes_max) return false;
        queued_ += bytes->size();
        queue_.push_back(std::move(bytes));
        fill_kernel();
        return true;
    }
    size_t queued_bytes() const override { return queued_; }
    bool is_open() const override { return is_open_; }
    Task<Result<void>> drained() override { co_return Result<void>(); }
    Task<> closed() override { co_return; }
    void abort() override { is_open_ = false; }

    // What the reader gets.
    std::string read(size_t bytes_max) {
        std::string out = kernel_.substr(0, bytes_max);
        kernel_.erase(0, out.size());
        fill_kernel();
        return out;
    }
    bool is_empty() const { return kernel_.empty() && queued_ == 0; }
    void break_off() { is_open_ = false; }

private:
    void fill_kernel() {
        while (!queue_.empty() && kernel_.size() < kernel_bytes_max_) {
            const std::string& first = *queue_.front();
            size_t room = kernel_bytes_max_ - kernel_.size();
            size_t taken = std::min(room, first.size() - sent_of_first_);
            kernel_.append(first, sent_of_first_, taken);
            sent_of_first_ += taken;
            queued_ -= taken;
            if (sent_of_first_ < first.size()) break;
            queue_.pop_front();
            sent_of_first_ = 0;
        }
    }

    size_t kernel_bytes_max_;
    std::string kernel_;
    std::deque<net::SharedBytes> queue_;
    size_t sent_of_first_ = 0;
    size_t queued_ = 0;
    bool is_open_ = true;
};

}  // namespace nightshift::live
