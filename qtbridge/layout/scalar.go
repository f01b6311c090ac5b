package layout

import "strings"

// scalar is a C type without parts.
type scalar struct {
	kind kind
	size int // also its alignment; 0: that of long
}

type kind uint8

const (
	kindInt kind = iota
	kindUint
	kindFloat
	kindBool
	kindChar   // char: text, or a byte with or without a sign
	kindChar16 // char16_t, QChar: text in UTF-16, or a number
)

// scalars are the C types by their names, of which the words are one space apart.
var scalars = scalarsByName(map[scalar]string{
	{kindInt, 1}:    "i8, int8_t, qint8, signed char",
	{kindUint, 1}:   "u8, uint8_t, quint8, uchar, unsigned char",
	{kindInt, 2}:    "i16, int16_t, qint16, short, short int, signed short, signed short int",
	{kindUint, 2}:   "u16, uint16_t, quint16, ushort, unsigned short, unsigned short int",
	{kindInt, 4}:    "i32, int32_t, qint32, int, signed, signed int",
	{kindUint, 4}:   "u32, uint32_t, quint32, uint, unsigned, unsigned int",
	{kindInt, 8}:    "i64, int64_t, qint64, qlonglong, long long, long long int, signed long long, signed long long int, ptrdiff_t, intptr_t, qsizetype, qptrdiff, qintptr",
	{kindUint, 8}:   "u64, uint64_t, quint64, qulonglong, unsigned long long, unsigned long long int, size_t, uintptr_t, quintptr, void*",
	{kindInt, 0}:    "long, long int, signed long, signed long int",
	{kindUint, 0}:   "ulong, unsigned long, unsigned long int",
	{kindFloat, 4}:  "f32, float",
	{kindFloat, 8}:  "f64, double, qreal",
	{kindBool, 1}:   "bool, _Bool",
	{kindChar, 1}:   "char",
	{kindChar16, 2}: "char16_t, QChar",
})

func scalarsByName(lists map[scalar]string) map[string]scalar {
	byName := map[string]scalar{}
	for s, list := range lists {
		for name := range strings.SplitSeq(list, ", ") {
			byName[name] = s
		}
	}
	return byName
}

// in is s with its size in an ABI.
func (s scalar) in(abi ABI) scalar {
	if s.size == 0 {
		s.size = abi.longSize()
	}
	return s
}

func (s scalar) isInteger() bool { return s.kind == kindInt || s.kind == kindUint }

func (s scalar) isText() bool { return s.kind == kindChar || s.kind == kindChar16 }
