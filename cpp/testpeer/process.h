// The two ways to die that skip every destructor, on any system.
#pragma once

// Like a program that calls ::_exit().
[[noreturn]] void leaveAtOnce(int code);

// Like a program that somebody kills (SIGKILL, TerminateProcess).
[[noreturn]] void killOneself();
