// What a client of the verbs has built up so far, and how a verb looks.
#pragma once

#include <QJsonObject>
#include <QString>
#include <functional>
#include <map>
#include <optional>

#include "named_objects.h"
#include "segment.h"

struct Session {
    NamedObjects<Segment> segments;
    NamedObjects<QSystemSemaphore> semaphores;
    std::function<void()> afterReply;  // what must not happen before the answer is out
    std::optional<int> exitCode;       // set: the loop ends
};

// Throws BadRequest; otherwise the reply without "id" and "op".
using Verb = std::function<QJsonObject(Session &, const Request &)>;
using VerbTable = std::map<QString, Verb>;

VerbTable imageVerbs();  // of guipeer
VerbTable ipcKeyVerbs();
VerbTable processVerbs();
VerbTable ringVerbs();
VerbTable segmentVerbs();
VerbTable segmentDataVerbs();
VerbTable semaphoreVerbs();
VerbTable seqlockVerbs();
VerbTable stampVerbs();
VerbTable streamVerbs();
VerbTable structVerbs();
VerbTable textVerbs();
