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
//
// Where a Go type could be several, a tag of a field says which: qt:"QByteArray" for a
// string, qt:"int" for an int, qt:"QList<quint8>" for a []byte, qt:"QChar" for a rune,
// qt:"QMap<QString,QList<short>>". A field with the tag qt:"-" is none. Go's int and uint have
// no fixed size, and need a tag. Enums are an int32, or what the program writes them as.
//
// Not here are types of QtGui (QImage, QColor, QFont), QMultiMap, QRegularExpression,
// QLocale, QEasingCurve, and char*.
//
// # QVariant
//
// An any is a QVariant. Nil is an invalid one; [Null] one that has a type alone. In it are
//
//	bool, int8 … uint64, int and uint (64 bits), float32, float64, string, []byte, []string
//	[]any and other slices          QVariantList
//	map[string]any, and others      QVariantMap; Hash is a QVariantHash
//
// and the types above. What is read is of the same types, whatever it was before: int32
// for an int. A field with the tag qt:"QVariant" has any of these types, and takes numbers that
// fit. A QVariant of another type, of the program's own or of QtGui, is an [ErrVariant]:
// nothing says how long it is.
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
// into. A QString that is no text, with half of a surrogate pair, is an [ErrValue].
//
// No function blocks. All of them may be called from any goroutine, but for the methods of one
// Encoder or Decoder.
package datastream
