// Face 2b: the reader of the mission, that looks at the segment on a timer.
#pragma once

#include "options.h"

// Prints each change until there were enough or stdin ends; the exit status.
int runPoller(const Options &options);
