// Pictures in a QDataStream, of which QtCore knows nothing: a QImage, QPixmap or QBitmap is a
// qint32, 0 for a null one and else 1, and then a PNG.

#ifndef QTB_DATASTREAM_PICTURE_H
#define QTB_DATASTREAM_PICTURE_H

#include <QString>
#include <QtEndian>
#include <cstring>

#include "datastream.h"

namespace qtb {

inline bool isPicture(Tag tag) { return tag == Image || tag == Pixmap || tag == Bitmap; }

// The id of a picture's type in a QVariant. Those of QtGui begin elsewhere since Qt 6.
inline quint32 idOfPicture(Tag tag, int version) {
    const quint32 gui = version >= 20 ? 0x1000 : 64;
    return gui + (tag == Pixmap ? 1 : tag == Image ? 6 : 9);
}

// How many bytes a PNG has, or why there is none.
struct PngSize {
    qint64 size;
    int code;
    QString what;
};

// Goes from chunk to chunk: each is its length, its name, its bytes and a checksum.
inline PngSize pngSize(const char *png, qint64 left) {
    static const char start[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    constexpr qint64 startSize = sizeof start - 1, signature = 8, head = 8, sum = 4;
    if (memcmp(png, start, size_t(qMin(left, startSize))) != 0)
        return {0, QTB_STREAM_CORRUPT, "no PNG comes after the marker of a picture"};
    for (qint64 at = signature;;) {
        if (left - at < head)
            return {0, QTB_STREAM_END,
                    QString("its PNG should go on after the %1 bytes that are left").arg(left)};
        const qint64 length = qFromBigEndian<quint32>(png + at);
        const bool isLast = memcmp(png + at + 4, "IEND", 4) == 0;
        if (length > left - at - head - sum)
            return {0, QTB_STREAM_SIZE,
                    QString("a chunk of its PNG says that it has %1 bytes, but %2 are left")
                        .arg(length)
                        .arg(qMax<qint64>(0, left - at - head))};
        at += head + length + sum;
        if (isLast)
            return {at, 0, QString()};
    }
}

}  // namespace qtb

#endif
