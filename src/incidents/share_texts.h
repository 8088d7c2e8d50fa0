#pragma once

#include "base/text_pool.h"
#include "incidents/types.h"

namespace nightshift::incidents {

// Lets an incident use the texts that others have already: thousands say most things in the same words.
void share_texts(Incident& incident, TextPool& pool);

}  // namespace nightshift::incidents
