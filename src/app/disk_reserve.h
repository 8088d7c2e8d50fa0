#pragma once

#include <cstdint>
#include <filesystem>

namespace nightshift::app {

// Room on the disk that is taken while there is plenty, and given up when others have filled it: then an
// alert about the full disk can still be written down, and so be told. On one thread.
class DiskReserve {
public:
    static constexpr uint64_t kBytes = 16u << 20;
    static constexpr uint64_t kGiveUpBelow = 8u << 20;
    static constexpr uint64_t kTakeAbove = 128u << 20;

    explicit DiskReserve(std::filesystem::path path);
    // Takes or gives up, by what is free now.
    void look(uint64_t free_bytes);
    bool is_held() const { return is_held_; }

private:
    void take();
    void give_up();

    std::filesystem::path path_;
    bool is_held_ = false;
};

}  // namespace nightshift::app
