#include "process.h"

#include <QtGlobal>

#ifdef Q_OS_WIN
#include <windows.h>

#include <cstdlib>

void leaveAtOnce(int code) { std::_Exit(code); }

void killOneself() {
    TerminateProcess(GetCurrentProcess(), 9);
    std::_Exit(9);  // not reached
}
#else
#include <unistd.h>

#include <csignal>

void leaveAtOnce(int code) { ::_exit(code); }

void killOneself() {
    ::kill(::getpid(), SIGKILL);
    ::_exit(9);  // not reached
}
#endif
