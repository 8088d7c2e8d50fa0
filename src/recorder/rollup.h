#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "recorder/compression.h"
#include "recorder/cube.h"
#include "recorder/segment_format.h"

namespace nightshift::recorder {

// Builds the cubes of one segment from its rows, block after block.
class RollupBuilder {
public:
    RollupBuilder();
    ~RollupBuilder();

    // All columns must be loaded.
    void add(const Block& block);
    // Appends the cubes that pay to `out`. `keys_folded` grows by the keys that went to __other__.
    std::vector<CubeEntry> finish(Compressor& compressor, std::string& out, uint64_t& keys_folded);

private:
    struct CubeBuilder;
    std::vector<std::unique_ptr<CubeBuilder>> cubes_;
    uint64_t rows_ = 0;
};

}  // namespace nightshift::recorder
