// Package datastream makes and reads messages of QDataStream, the form in which Qt programs
// share QStrings, QVariants and their own types. Qt's own QDataStream does it, so versions
// and types are Qt's: a message is one call into C++.
//
// # A message
//
// A Qt program writes
//
//	QBuffer buffer;
//	buffer.open(QBuffer::WriteOnly);
//	QDataStream out(&buffer);
//	out << qint32(7) << QString("oven") << QList<double>{20.5, 21};
//	memcpy(memory.data(), buffer.data().constData(), buffer.size());
//
// and in Go that is
//
//	data, err := datastream.Marshal(datastream.Options{Version: datastream.Qt5_13}, int32(7), "oven", []float64{20.5, 21})
//
//	var id int32; var name string; var values []float64
//	err = datastream.Unmarshal(data, datastream.Options{Version: datastream.Qt5_13}, &id, &name, &values)
//
// Nothing in a message says what is in it: the program that reads it must know the types,
// their order, the version and the byte order. Say the version that the peer uses: it is
// the newest of the peer's Qt, if it does not call setVersion(). A segment can be larger
// than the message in it: then use a [Decoder], which does not mind bytes after it.
//
// # Types
//
//	Go                              Qt
//	bool, int8 … uint64             bool, qint8 … quint64
//	float32, float64                float, double
//	string, *string                 QString; a nil pointer is a null QString
//	[]byte                          QByteArray; nil is a null one
//	[]T                             QList<T>, QVector<T>, QSet<T>; []string is QStringList
//	map[K]V                         QMap<K, V>, QHash<K, V>
//	struct, [N]T                    its fields, its elements, one after the other: QPair, and what
//	                                a program's own operator<< writes
//	any                             QVariant
//	time.Time                       QDateTime, with its offset or time zone; the zero Time is invalid
//	*url.URL, url.URL               QUrl
//	json.RawMessage, JSON           QJsonDocument, QJsonValue, as text
//	Char, Date, Time, UUID, Bits    QChar, QDate, QTime, QUuid, QBitArray
//	Object, Array, CBOR             QJsonObject, QJsonArray, QCborValue
//	Size … LineF                    QSize … QLineF
//	image.Image                     QImage, QPixmap, QBitmap; nil is a null one
//
// Where a Go type could be several, a tag of a field says which: qt:"QByteArray" for a
// string, qt:"int" for an int, qt:"QList<quint8>" for a []byte, qt:"QChar" for a rune,
// qt:"QMap<QString,QList<short>>". A field with the tag qt:"-" is none. Go's int and uint have
// no fixed size, and need a tag. Enums are an int32, or what the program writes them as.
//
// Some types are made of others: QMultiMap<K, V> and QMultiHash<K, V> are a []struct{ Key K; Value V },
// a QLocale is a string, its name, a QRegularExpression a struct{ Pattern string; Options uint32 },
// and a char* is a QByteArray that ends with a NUL. They are not read in a QVariant.
//
// A picture is a PNG in a message, which package picture makes and decodes: see
// [qtinterop/qtbridge/picture] for what is kept. A []byte with the tag qt:"QImage" or
// qt:"QPixmap" is the PNG itself, nil for a null picture, which is then neither made nor decoded.
//
// Not here are other types of QtGui (QColor, QFont), and QEasingCurve.
//
// # QVariant
//
// An any is a QVariant. Nil is an invalid one; [Null] one that has a type alone. In it are
//
//	bool, int8 … uint64, int and uint (64 bits), float32, float64, string, []byte, []string
//	[]any and other slices          QVariantList
//	map[string]any, and others      QVariantMap; Hash is a QVariantHash
//
// and the types above. An image.Image is a QImage there, and is one when it is read; a [Pixmap] is a
// QPixmap, a [Bitmap] a QBitmap. A null QImage, QPixmap or QBitmap, as Qt writes it, is an empty
// *image.NRGBA, Pixmap or Bitmap; where the QVariant is null as well it is a [Null] with a nil
// *image.NRGBA or such a Pixmap or Bitmap. Both are written as they were read.
//
// What is read is of the same types, whatever it was before: int32
// for an int. A field with the tag qt:"QVariant" has any of these types, and takes numbers that
// fit. A QVariant of another type, of the program's own or another of QtGui, is an [ErrVariant]:
// nothing says how long it is.
//
// A program that learns the types only when it runs, from text, uses a [Form], whose values
// are JSON.
//
// # Versions
//
// All versions from Qt 4.0 to that of the linked Qt are written and read: see [Newest]. What an
// old one has no room for is lost, as with Qt: before Qt 5.2 the offset and the time zone of a
// QDateTime, before Qt 5.0 the days before the julian day 1. The elements of a QMap have the
// order of the linked Qt: that of the keys with Qt 6, the reverse with Qt 5. Times are in
// milliseconds. Tested are both directions with Qt 5.15, 6.4 and 6.8, each type in each
// version and in both byte orders and precisions.
//
// # Bad input
//
// An [*Error] names the value, the byte where it begins, the Qt type that was expected, and the
// bytes there, and says so if the message would be one of another byte order, precision or
// version. A message that has bytes left is an [ErrTrailing].
//
// A length is compared with what there is before anything is allocated. Containers
// within each other are read up to 200 deep, in a QVariant as well. QVariants are read by
// a loop of ours over QDataStream, and only types that are known to be harmless are given
// to Qt: a QEasingCurve, for one, is read with a pointer to code in it. CBOR is not looked
// into. A picture whose PNG is broken, or too large for package picture, is an error at the byte
// where the picture begins, and has a *picture.Error underneath. A QString that is no text, with half of a surrogate pair, is an [ErrValue].
//
// # Speed
//
// A message is one call into C++; values of the commonest types are taken from memory
// without reflection, and buffers are kept from call to call. An [Encoder] allocates
// nothing for a struct of numbers and texts, and [Unmarshal] nothing for a text that has
// not changed in its target. A map has no order in Go, and must be sorted: a third of the time
// that Marshal takes for one.
//
// No function blocks. All of them may be called from any goroutine, but for the methods of one
// Encoder or Decoder.
package datastream
