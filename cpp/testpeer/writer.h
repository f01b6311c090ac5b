// Face 2a: the writer of the mission, that publishes one id after another.
#pragma once

#include "options.h"

// Publishes each line of stdin until it ends; the exit status.
int runWriter(const Options &options);
