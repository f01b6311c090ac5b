// The verbs about the process itself.
#include <QCoreApplication>
#include <QDir>
#include <QSysInfo>
#include <QThread>
#include <clocale>

#include "process.h"
#include "reply.h"
#include "session.h"

namespace {

// What this process makes of letters outside of ASCII tells its local encoding.
QString localSample() {
    return QString::fromLatin1(QString::fromUtf8("\u00e9\u5171").toLocal8Bit().toBase64());
}

QJsonObject hello(Session &, const Request &) {
    QJsonObject reply = timed([] {});
    reply["protocol"] = 1;
    reply["qtVersion"] = qVersion();
    reply["qtBuild"] = QT_VERSION_STR;
    reply["system"] = QSysInfo::kernelType();
    reply["pid"] = QCoreApplication::applicationPid();
    reply["cwd"] = QDir::currentPath();
    reply["tmpdir"] = qEnvironmentVariableIsSet("TMPDIR")
                          ? QJsonValue(qEnvironmentVariable("TMPDIR"))
                          : QJsonValue(QJsonValue::Null);
    reply["tempPath"] = QDir::tempPath();
    reply["locale"] = std::setlocale(LC_CTYPE, nullptr);
    reply["localSample"] = localSample();
    return reply;
}

QJsonObject sleep(Session &, const Request &request) {
    const auto milliseconds = static_cast<unsigned long>(request.natural("ms", 0));
    return timed([&] { QThread::msleep(milliseconds); });
}

QJsonObject changeDirectory(Session &, const Request &request) {
    const QString directory = request.string("dir");
    return timed([&] { return QDir::setCurrent(directory); });
}

QJsonObject setEnvironment(Session &, const Request &request) {
    const QByteArray name = request.string("name").toLocal8Bit();
    const QString value = request.stringOrNull("value");
    return timed([&] {
        return value.isNull() ? qunsetenv(name.constData())
                              : qputenv(name.constData(), value.toLocal8Bit());
    });
}

int exitCode(const Request &request) {
    return request.has("code") ? request.smallInteger("code") : 0;
}

QJsonObject exitNormally(Session &session, const Request &request) {
    session.exitCode = exitCode(request);
    return timed([] {});
}

QJsonObject exitAtOnce(Session &session, const Request &request) {
    session.afterReply = [code = exitCode(request)] { leaveAtOnce(code); };
    return timed([] {});
}

QJsonObject killed(Session &session, const Request &) {
    session.afterReply = killOneself;
    return timed([] {});
}

}  // namespace

VerbTable processVerbs() {
    return {
        {"hello", hello},           {"sleep", sleep},       {"chdir", changeDirectory},
        {"setenv", setEnvironment}, {"exit", exitNormally}, {"_exit", exitAtOnce},
        {"kill", killed},
    };
}
