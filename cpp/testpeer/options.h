// The command line.
#pragma once

#include <QString>
#include <QStringList>
#include <stdexcept>

#include "segment_object.h"

enum class Face { Verbs, Writer, Poller, Help, Version };

struct Options {
    Face face = Face::Help;
    SegmentKey key;
    ObjectLife life = ObjectLife::Fresh;
    int intervalMilliseconds = 30;
    qint64 changes = 0;  // 0: without end
    bool collects = false;
};

// A command line that cannot be carried out; what() says why.
class UsageError : public std::runtime_error {
 public:
    explicit UsageError(const QString &sentence) : std::runtime_error(sentence.toStdString()) {}
};

// Takes QCoreApplication::arguments(); throws UsageError.
Options parseOptions(const QStringList &arguments);

// How the executable is called: testpeer-qt5 or testpeer-qt6.
QString programName();

QString usage();
