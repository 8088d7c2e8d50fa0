#pragma once

#include <vector>

#include "store/migrations.h"

namespace nightshift::delivery {

// The deliveries' tables, version by version.
std::vector<store::Migration> delivery_migrations();

}  // namespace nightshift::delivery
