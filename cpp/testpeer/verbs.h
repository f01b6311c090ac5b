// Face 1: a program that does to Qt's objects what its client says.
#pragma once

// Answers request lines until stdin ends or a client says exit; the exit status.
int runVerbs();
