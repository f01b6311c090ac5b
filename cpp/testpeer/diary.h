// One line of what Qt returned, call by call.
#pragma once

#include <QJsonObject>
#include <QSharedMemory>
#include <QString>

#include "enum_names.h"

// Notes a call's result under its name, and the object's error state after it.
inline void note(QJsonObject &diary, const QString &call, bool ret, const QSharedMemory &memory) {
    diary[call] = ret;
    diary[call + "Error"] = enumName(memory.error());
    diary[call + "ErrorString"] = memory.errorString();
}
