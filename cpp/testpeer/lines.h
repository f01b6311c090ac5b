// Lines in from stdin, lines out to stdout and stderr: the only way in and out.
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <optional>

// Call before the first line. Bytes go out as they are (Windows would turn \n
// into \r\n), and a reader that went away is an error to see, not a signal that
// kills: killed, the process would leave its segments behind.
void prepareLines();

// The next line without its end, or nothing at the end of stdin.
std::optional<QByteArray> readLine();

// Both write one line and flush it; false when the reader is gone.
bool writeLine(const QByteArray &line);
bool writeLine(const QJsonObject &object);

// The diary of the writer and the poller.
void writeDiary(const QJsonObject &object);
