package layout

import (
	"encoding/binary"
	"fmt"
	"runtime"
)

// ABI is how a compiler lays out structs: the size of long, the rule for bit fields,
// the byte order and the packing. The zero ABI is that of this machine. ABIs can be
// compared with ==.
type ABI struct {
	model model
	order order
	pack  int // 0: not packed
}

type model uint8

const (
	modelHere model = iota
	modelLP64
	modelLLP64
)

type order uint8

const (
	orderHere order = iota
	orderLittle
	orderBig
)

var (
	// LP64 is 64-bit Linux, macOS and the BSDs, on processors that have the low byte
	// first: long has 8 bytes, and a bit field goes into the bits that are free, if it
	// does not cross a boundary of its type.
	LP64 = ABI{model: modelLP64, order: orderLittle}

	// LLP64 is 64-bit Windows: long has 4 bytes, and only bit fields whose types have
	// one size share memory.
	LLP64 = ABI{model: modelLLP64, order: orderLittle}
)

// BigEndian is a with the high byte first, and the bits of bit fields from the high one
// down.
func (a ABI) BigEndian() ABI { a.order = orderBig; return a }

// Packed is a with #pragma pack(n): no member is aligned to more than n bytes. n is 1,
// 2, 4, 8 or 16, and 0 for none. Packed(1) is also __attribute__((packed)).
func (a ABI) Packed(n int) ABI { a.pack = n; return a }

// String is the ABI as [Parse] takes it: "LP64 little pack=1".
func (a ABI) String() string {
	a = a.resolve()
	text := "LP64"
	if a.isMicrosoft() {
		text = "LLP64"
	}
	if a.isBig() {
		text += " big"
	} else {
		text += " little"
	}
	if a.pack != 0 {
		text += fmt.Sprintf(" pack=%d", a.pack)
	}
	return text
}

// resolve is a without what is taken from this machine.
func (a ABI) resolve() ABI {
	if a.model == modelHere {
		a.model = modelLP64
		if runtime.GOOS == "windows" {
			a.model = modelLLP64
		}
	}
	if a.order == orderHere {
		a.order = orderLittle
		if isBigHere {
			a.order = orderBig
		}
	}
	return a
}

var isBigHere = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

func (a ABI) isBig() bool       { return a.order == orderBig }
func (a ABI) isMicrosoft() bool { return a.model == modelLLP64 }

func (a ABI) longSize() int {
	if a.isMicrosoft() {
		return 4
	}
	return 8
}

func isPack(n int) bool { return n == 0 || n == 1 || n == 2 || n == 4 || n == 8 || n == 16 }
