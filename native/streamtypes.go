package native

// The form in which values cross, all numbers with the low byte first: a byte that says
// the type, a Stream constant, and then
//
//	StreamBool to StreamUInt64    the number, of 1 to 8 bytes
//	StreamFloat, StreamDouble     8 bytes, as a float64
//	StreamChar                    2 bytes
//	StreamString                  the number of bytes, 4 bytes, and the text in UTF-8; from
//	                              ReadStream also StreamNoText, and the number of the QChar,
//	                              4 bytes, that is half of a surrogate pair
//	StreamBytes, StreamURL (encoded), the JSON types (text), StreamCBOR
//	                              the number of bytes, 4 bytes, and the bytes
//	StreamDate                    the julian day, 8 bytes
//	StreamTime                    milliseconds since midnight, 4 bytes; -1 if invalid
//	StreamDateTime                these two, Qt::TimeSpec, 1 byte, seconds east of UTC, 4 bytes,
//	                              and the id of the time zone like StreamBytes
//	StreamUUID                    16 bytes, in the order of the text
//	StreamSize to StreamLineF     numbers of 4 bytes, or of 8 with F: width and height, x and y,
//	                              x1 y1 x2 y2 (QRect: left, top, right, bottom), or x y width height
//	StreamBits                    the number of bits, 4 bytes, and the bits, from the low one up
//	StreamImage, StreamPixmap, StreamBitmap
//	                              the number of bytes, 4 bytes, and the bytes of a PNG; from ReadStream
//	                              where the PNG is in the message, 8 bytes, and the number of its bytes,
//	                              4 bytes, alone: it is not copied
//	StreamList, StreamMap         the number of elements, 4 bytes, and these, as values, of
//	                              StreamMap keys and values in turn. Within a StreamVariant also
//	                              StreamHash and StreamStringList
//	StreamVariant                 a value of a type that a QVariant can have: of containers whose
//	                              elements are StreamVariants and whose keys are StreamStrings;
//	                              StreamInvalid alone; or StreamNull and a type, which for
//	                              ReadStream has a value that means nothing
//
// A null QString, QByteArray or picture has the number StreamNullSize. The types that ReadStream is told
// are such bytes alone: StreamList and its element's type, StreamMap and two types,
// StreamTuple, a number of 2 bytes and as many types, StreamArray, a number of 4 bytes and
// one type. The last two stand for nothing in the message.
const (
	StreamInvalid = iota
	StreamBool
	StreamInt8
	StreamUInt8
	StreamInt16
	StreamUInt16
	StreamInt32
	StreamUInt32
	StreamInt64
	StreamUInt64
	StreamFloat
	StreamDouble
	StreamChar
	StreamString
	StreamBytes
	StreamDate
	StreamTime
	StreamDateTime
	StreamUUID
	StreamURL
	StreamSize
	StreamSizeF
	StreamPoint
	StreamPointF
	StreamRect
	StreamRectF
	StreamLine
	StreamLineF
	StreamBits
	StreamJSONValue
	StreamJSONDocument
	StreamCBOR
	StreamStringList
	StreamJSONObject
	StreamJSONArray
	StreamImage
	StreamPixmap
	StreamBitmap
	StreamVariant = 'V'
	StreamNull    = 'N'
	StreamList    = 'L'
	StreamMap     = 'M'
	StreamHash    = 'H'
	StreamTuple   = 'T'
	StreamArray   = 'A'
)

const (
	StreamNullSize = 0xFFFFFFFF
	StreamNoText   = 0xFFFFFFFE
)
