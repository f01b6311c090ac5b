#include "lines.h"

#include <QJsonDocument>
#include <cstdio>
#include <iostream>
#include <string>

#ifdef Q_OS_WIN
#include <fcntl.h>
#include <io.h>
#else
#include <csignal>
#endif

namespace {

bool put(std::FILE *file, const QByteArray &line) {
    const QByteArray whole = line + '\n';
    const auto size = static_cast<std::size_t>(whole.size());
    return std::fwrite(whole.constData(), 1, size, file) == size && std::fflush(file) == 0;
}

QByteArray compact(const QJsonObject &object) {
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

}  // namespace

void prepareLines() {
    std::ios::sync_with_stdio(false);  // or std::cin reads a byte at a time
#ifdef Q_OS_WIN
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
#else
    std::signal(SIGPIPE, SIG_IGN);
#endif
}

std::optional<QByteArray> readLine() {
    std::string line;
    if (!std::getline(std::cin, line)) {
        return std::nullopt;
    }
    return QByteArray(line.data(), static_cast<int>(line.size()));
}

bool writeLine(const QByteArray &line) { return put(stdout, line); }

bool writeLine(const QJsonObject &object) { return put(stdout, compact(object)); }

void writeDiary(const QJsonObject &object) { put(stderr, compact(object)); }
