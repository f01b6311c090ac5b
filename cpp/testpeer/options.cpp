#include "options.h"

#include <QCommandLineParser>

namespace {

// The face and the options that only it takes.
struct FaceRow {
    Face face;
    int keys;
    QStringList options;
};

FaceRow faceRow(const QString &word) {
    if (word == "verbs") {
        return {Face::Verbs, 0, {}};
    }
    if (word == "writer") {
        return {Face::Writer, 1, {"set-key", "object"}};
    }
    if (word == "poller") {
        return {Face::Poller, 1, {"set-key", "object", "interval", "count", "collect"}};
    }
    throw UsageError(QString("there is no face \"%1\"").arg(word));
}

void addOptions(QCommandLineParser &parser) {
    parser.addOption({QStringList{"h", "help"}, ""});
    parser.addOption({QStringList{"v", "version"}, ""});
    parser.addOption({QString("set-key"), ""});
    parser.addOption({QString("object"), "", "life"});
    parser.addOption({QString("interval"), "", "ms"});
    parser.addOption({QString("count"), "", "n"});
    parser.addOption({QString("collect"), ""});
}

void checkFit(const QCommandLineParser &parser, const FaceRow &row, int keys) {
    for (const QString &name : parser.optionNames()) {
        if (!row.options.contains(name)) {
            throw UsageError(QString("--%1 does not belong here").arg(name));
        }
    }
    if (keys != row.keys) {
        throw UsageError(row.keys == 1 ? "one KEY is needed" : "no KEY is needed");
    }
}

// QTimer and Qt's counters are ints.
int number(const QCommandLineParser &parser, const QString &name, int otherwise) {
    if (!parser.isSet(name)) {
        return otherwise;
    }
    bool ok = false;
    const int value = parser.value(name).toInt(&ok);
    if (!ok || value < 0) {
        throw UsageError(QString("--%1 is not a number of zero or more").arg(name));
    }
    return value;
}

// A native key poisons its object in Qt before 6.6 (see README.md), another key does not.
ObjectLife objectLife(const QCommandLineParser &parser, SegmentKey::Kind kind) {
    const QString word = parser.isSet("object") ? parser.value("object") : QString("auto");
    if (word == "auto") {
        return kind == SegmentKey::Native ? ObjectLife::Fresh : ObjectLife::Member;
    }
    if (word != "fresh" && word != "member") {
        throw UsageError("--object is not auto, fresh or member");
    }
    return word == "fresh" ? ObjectLife::Fresh : ObjectLife::Member;
}

}  // namespace

Options parseOptions(const QStringList &arguments) {
    QCommandLineParser parser;
    addOptions(parser);
    if (!parser.parse(arguments)) {
        throw UsageError(parser.errorText());
    }
    Options options;
    if (parser.isSet("help") || parser.isSet("version")) {
        options.face = parser.isSet("help") ? Face::Help : Face::Version;
        return options;
    }
    QStringList words = parser.positionalArguments();
    if (words.isEmpty()) {
        throw UsageError("verbs, writer or poller is needed");
    }
    const FaceRow row = faceRow(words.takeFirst());
    checkFit(parser, row, static_cast<int>(words.size()));
    options.face = row.face;
    options.key = {parser.isSet("set-key") ? SegmentKey::Legacy : SegmentKey::Native,
                   words.value(0)};
    options.life = objectLife(parser, options.key.kind);
    options.intervalMilliseconds = number(parser, "interval", options.intervalMilliseconds);
    options.changes = number(parser, "count", 0);
    options.collects = parser.isSet("collect");
    return options;
}

QString programName() { return QString("testpeer-qt%1").arg(QT_VERSION_MAJOR); }

QString usage() {
    return QString(
               "usage: %1 verbs\n"
               "       %1 writer KEY [--set-key] [--object auto|fresh|member]\n"
               "       %1 poller KEY [--set-key] [--object auto|fresh|member]\n"
               "                     [--interval MS] [--count N] [--collect]\n"
               "       %1 --help | --version\n")
        .arg(programName());
}
