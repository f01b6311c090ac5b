// testpeer stands for a Qt program that cannot be changed: QtCore, and nothing else.
// guipeer is the same with QtGui.
#ifdef TESTPEER_GUI
#include <QGuiApplication>
#else
#include <QCoreApplication>
#endif
#include <cstdio>

#include "lines.h"
#include "options.h"
#include "poller.h"
#include "verbs.h"
#include "writer.h"

namespace {

int print(std::FILE *file, const QString &text, int status) {
    std::fputs(text.toLocal8Bit().constData(), file);
    return status;
}

QString version() {
    return QString("%1 (Qt %2, built with %3)\n").arg(programName(), qVersion(), QT_VERSION_STR);
}

int run(const Options &options) {
    switch (options.face) {
        case Face::Verbs:
            return runVerbs();
        case Face::Writer:
            return runWriter(options);
        case Face::Poller:
            return runPoller(options);
        case Face::Help:
            return print(stdout, usage(), 0);
        case Face::Version:
            return print(stdout, version(), 0);
    }
    return 2;
}

}  // namespace

int main(int argc, char **argv) {
#ifdef TESTPEER_GUI  // QPixmap needs one; there may be no screen
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QGuiApplication application(argc, argv);
#else
    const QCoreApplication application(argc, argv);
#endif
    prepareLines();
    try {
        return run(parseOptions(QCoreApplication::arguments()));
    } catch (const UsageError &error) {
        const QString complaint = programName() + ": " + error.what() + "\n";
        return print(stderr, complaint + usage(), 2);
    }
}
