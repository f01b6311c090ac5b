// Package layout reads and writes C and C++ structs of fixed size, as Qt programs put
// them into shared memory by memcpy or through a pointer, as Go structs.
//
// # A struct
//
// A Qt program has
//
//	struct Reading {
//	    quint32 magic;
//	    bool valid;
//	    double temperature;
//	    char name[16];
//	};
//	memcpy(memory.data(), &reading, sizeof reading);
//
// In Go the same is
//
//	type Reading struct {
//		Magic       uint32
//		Valid       bool
//		Temperature float64
//		Name        string `c:"char[16]"`
//	}
//	reading, err := layout.Of[Reading](layout.Options{})
//
// [Of] finds out once where each field lies: the bool at 4, the double at 8 and not at 5,
// since a compiler aligns it. [Struct.Decode] fills a Reading from bytes, [Struct.Encode]
// and [Struct.Append] make bytes of one:
//
//	data, err := segment.Snapshot(ctx, nil)
//	var r Reading
//	err = reading.Decode(data, &r)
//
// A field in Go is one in C, in the same order, by position: names are Go's own. A
// struct within a struct and arrays are what they are in Go; a field called _ is reserved,
// and one with the tag c:"-" is not in C at all.
//
// # Tags
//
// A tag c:"TYPE,OPTION,…" says what the Go type does not. The type is any of
//
//	i8 i16 i32 i64, u8 u16 u32 u64, f32 f64, bool, char
//	short, int, long, long long, with or without unsigned; size_t, void*, float, double
//	int8_t to uint64_t, qint8 to quint64, uchar, ushort, uint, ulong, qreal, qsizetype
//	char16_t, QChar
//
// and its dimensions: "char[16]", "long[2][3]". Without a type it is that of the Go type;
// without dimensions those of the Go type. Types that have two sizes, long above all, go
// into a Go integer that has room for the larger one. An enum is an int, unless the
// program says otherwise. The options are
//
//	be, le       the byte order of this field
//	bits=3       a bit field: c:"u8,bits=3", or c:",bits=3" by the Go type
//	align=64     alignas(64)
//	at=24        the offset that it must have; that it has another one is an error
//	sum=NAME     a checksum of the struct by Options.Sums
//	utf8, utf16le, utf16be, latin1, local8bit, or a name in Options.Encodings
//
// The last are for text. An array of char is a Go string, up to its first NUL, in UTF-8
// unless the tag says otherwise; one of QChar or char16_t is UTF-16 in the byte order of
// the field. Encoding wants room for a NUL at the end. Text without one, or bytes that are
// no text, are a [16]byte in Go.
//
// What is said of a whole struct stands at a field _ struct{}: c:"pack=1" for
// #pragma pack(1) or __attribute__((packed)), c:"align=64". It says nothing of structs
// within it, which are other types in C++ as well. [ABI.Packed] says it of all.
//
// # ABIs
//
// Offsets depend on the compiler. [LP64] is that of Linux and macOS on 64 bits, [LLP64] that of
// Windows: long is smaller there, and bit fields lie otherwise. [ABI.BigEndian] is for the
// other byte order, as in files and in what comes from a network. The zero [ABI] is that of
// this machine, which is right for shared memory: both programs are on it.
//
// The places of thousands of random structs were compared with what GCC says: on x86-64
// for LP64, for LP64 with the high byte first (by its attribute scalar_storage_order), and
// by MinGW for LLP64, with packing, alignment, arrays and bit fields. Not tried: other compilers, and
// processors other than x86-64; ARM differs in bit fields without a name. 32-bit programs
// have another ABI, in which a double can lie at 4: give such a struct pack=4, and check
// it by at=.
//
// Not in a layout are C++ classes with virtual functions or with a base class that has
// members, references, unions, long double, and wchar_t. A QString in shared memory is a
// pointer into another process, and useless; share its characters.
//
// # Text instead of tags
//
// [Parse] takes the struct as text, for tools and configuration files:
//
//	u32 magic; bool valid; f64 temperature; char[16] name
//
// and [Layout.Decode] gives a [Record], which is JSON with the fields in their order.
//
// # In place
//
// Where Go lays out the struct as C does, [Struct.View] is the bytes themselves:
//
//	err := segment.View(func(data []byte) error {
//		r, err := header.View(data)
//		…
//	})
//
// # Errors
//
// Every error is an [*Error] with the path of the field, its offset, a code for errors.Is
// and what to do. Nothing panics, and nothing is read beyond the data.
package layout
