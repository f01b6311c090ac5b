package datastream

import (
	"fmt"

	"qtinterop/native"
)

// Version is a QDataStream::Version: how Qt writes its types. It is no part of a message:
// both programs must use the same. Without setVersion() a program uses the newest that its
// Qt has.
type Version int

// The versions, by the first Qt that has them.
const (
	Qt4_0  Version = 7 // and 4.1
	Qt4_2  Version = 8
	Qt4_3  Version = 9
	Qt4_4  Version = 10
	Qt4_5  Version = 11
	Qt4_6  Version = 12 // to 4.8
	Qt5_0  Version = 13
	Qt5_1  Version = 14
	Qt5_2  Version = 15 // and 5.3
	Qt5_4  Version = 16 // and 5.5
	Qt5_6  Version = 17 // to 5.11
	Qt5_12 Version = 18
	Qt5_13 Version = 19 // to 5.15
	Qt6_0  Version = 20 // to 6.5
	Qt6_6  Version = 21
	Qt6_7  Version = 22 // and later
)

var versionNames = map[Version]string{
	Qt4_0: "Qt_4_0", Qt4_2: "Qt_4_2", Qt4_3: "Qt_4_3", Qt4_4: "Qt_4_4", Qt4_5: "Qt_4_5", Qt4_6: "Qt_4_6",
	Qt5_0: "Qt_5_0", Qt5_1: "Qt_5_1", Qt5_2: "Qt_5_2", Qt5_4: "Qt_5_4", Qt5_6: "Qt_5_6", Qt5_12: "Qt_5_12",
	Qt5_13: "Qt_5_13", Qt6_0: "Qt_6_0", Qt6_6: "Qt_6_6", Qt6_7: "Qt_6_7",
}

func (v Version) String() string {
	if name, ok := versionNames[v]; ok {
		return name
	}
	return fmt.Sprintf("version %d", int(v))
}

// Newest is the newest version that the Qt of this program has, which is what a Qt program
// with the same Qt uses if it does not call setVersion(). It is 0 without Qt.
func Newest() Version { return Version(native.MaxStreamVersion()) }

// Options are how the peer has set up its QDataStream. The zero Options are a QDataStream
// with nothing set.
type Options struct {
	// Version is setVersion(). 0 is [Newest]: say the peer's, if it has another Qt.
	Version Version
	// LittleEndian is setByteOrder(QDataStream::LittleEndian). Qt's own default is the high
	// byte first.
	LittleEndian bool
	// SinglePrecision is setFloatingPointPrecision(QDataStream::SinglePrecision): float and
	// double have 4 bytes each, and not 8 each. Before Qt4_6 they have 4 and 8.
	SinglePrecision bool
}

func (o Options) resolve(op string) (Options, *Error) {
	newest := Newest()
	if newest == 0 {
		return o, unavailable(op)
	}
	if o.Version == 0 {
		o.Version = newest
	}
	if o.Version < Qt4_0 || o.Version > newest {
		return o, &Error{Op: op, Code: ErrVersion, Offset: -1,
			Msg: fmt.Sprintf("%v; the Qt of this program has those from %v to %v", o.Version, Qt4_0, newest)}
	}
	return o, nil
}

func (o Options) order() string {
	if o.LittleEndian {
		return "little-endian"
	}
	return "big-endian"
}
