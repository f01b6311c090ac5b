#include "verbs.h"

#include "lines.h"
#include "session.h"

namespace {

VerbTable allVerbs() {
    VerbTable verbs = processVerbs();
    verbs.merge(segmentVerbs());
    verbs.merge(segmentDataVerbs());
    verbs.merge(semaphoreVerbs());
    verbs.merge(ipcKeyVerbs());
    verbs.merge(ringVerbs());
    verbs.merge(seqlockVerbs());
    verbs.merge(stampVerbs());
    verbs.merge(streamVerbs());
    verbs.merge(structVerbs());
    verbs.merge(textVerbs());
#ifdef TESTPEER_GUI
    verbs.merge(imageVerbs());
#endif
    return verbs;
}

QJsonObject carryOut(const VerbTable &verbs, Session &session, const Request &request) {
    const auto verb = verbs.find(request.op());
    if (verb == verbs.end()) {
        throw BadRequest(QString("there is no op \"%1\"").arg(request.op()));
    }
    return verb->second(session, request);
}

QJsonObject answer(const VerbTable &verbs, Session &session, const QByteArray &line) {
    QJsonObject reply;
    QJsonValue id(QJsonValue::Null);
    QJsonValue op(QJsonValue::Null);
    try {
        const Request request = Request::parse(line);
        id = request.id();
        op = request.op();
        reply = carryOut(verbs, session, request);
    } catch (const BadRequest &bad) {
        reply = {{"fail", QString::fromStdString(bad.what())}};
    }
    reply["id"] = id;
    reply["op"] = op;
    return reply;
}

}  // namespace

int runVerbs() {
    const VerbTable verbs = allVerbs();
    Session session;
    while (!session.exitCode) {
        const auto line = readLine();
        if (!line || !writeLine(answer(verbs, session, *line))) {
            break;
        }
        if (session.afterReply) {
            session.afterReply();
        }
    }
    return session.exitCode.value_or(0);
}
