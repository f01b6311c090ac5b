// Package picture makes and reads the pictures that Qt programs share: a QImage or a QPixmap
// in a QDataStream, and raw frames. It needs neither Qt nor cgo.
//
// # A QImage in a QDataStream
//
// Qt's own example for shared memory writes
//
//	QDataStream out(&buffer);
//	out << image;
//	memcpy(sharedMemory.data(), buffer.data().data(), buffer.size());
//
// and in Go one reads it by
//
//	data, err := segment.Snapshot(ctx, nil)
//	m, size, err := picture.Decode(data)
//
// What Qt writes is a marker and a PNG, the same for a QImage and a QPixmap in all versions
// of QDataStream from Qt 4.0 on. [Decode] takes both byte orders, and does not mind bytes
// after the picture: a segment is often larger. [Append] is the opposite:
//
//	data, err := picture.Append(nil, binary.BigEndian, m)
//	err = publisher.Publish(ctx, data)
//
// A picture within a message has values around it: [qtinterop/qtbridge/datastream] reads and
// writes those, with an image.Image for each picture. It needs Qt.
//
// A PNG has no colours multiplied by alpha, so that Qt rounds those of ARGB32_Premultiplied.
// What else a QImage has, as its resolution, texts and colour space, is not read and not
// written. Other formats than PNG, which QImage's operator>> takes as well, and which no Qt
// writes there, are not read.
//
// # Raw frames
//
// Programs that are in a hurry copy QImage::bits(), or have a QImage over the memory itself.
// Then nothing in the segment says what is in it: one must know
//
//	frame := picture.Frame{Width: 640, Height: 480, Format: picture.FormatRGB32, Data: data}
//	m, err := frame.Image()
//
// and BytesPerLine, if it is not the usual one. [Frame.Image] is over the data, without a copy:
// with qtbridge.Segment's View, over the segment itself. [Frame.Draw] puts an image into the
// data. Formats are named as QImage's are, with the same numbers; see [Formats]. Those that
// are not known here are that of one bit a pixel, those with 10 bits or 4 a channel, CMYK and
// floats.
//
// # Bad input
//
// An [*Error] says what is wrong, and where in the bytes. A picture that cannot be in as many
// bytes, or has more than [MaxBytes], is refused before anything is allocated for it. No
// function blocks; all of them may be called from any goroutine.
package picture
