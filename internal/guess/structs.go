package guess

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// maxStruct is up to how many bytes are looked at for a struct.
const maxStruct = 512

// structs is a C++ struct of numbers and char arrays of this machine's byte order.
func structs(data []byte, used int) []Finding {
	if used < 4 || used > maxStruct {
		return nil
	}
	w := structWalk{data: data, used: used, align: 1}
	for w.at < used {
		if !w.field() {
			return nil
		}
	}
	if w.floats == 0 && w.texts == 0 {
		return nil // nothing but integers is what everything is
	}
	layout := strings.Join(w.fields, "; ")
	if (w.at+w.align-1)/w.align*w.align > len(data) {
		layout = "pack=1; " + layout // else it would end behind the data
	}
	f := Finding{What: "a C++ struct with " + strings.Join(w.kinds(), ", "), Score: min(65, 25+15*w.floats), Show: []string{"--format", layout}}
	if w.floats > 0 {
		f.because("%d aligned fields are floating-point numbers of usual size, which bytes by chance rarely are", w.floats)
	}
	if w.texts > 0 {
		f.because("%d runs of ASCII are followed by zeros, as in a char array", w.texts)
	}
	f.but("where fields begin, their names and the types of integers cannot be told: u32 stands for any 4 bytes")
	return []Finding{f}
}

// structWalk goes over the fields of a struct.
type structWalk struct {
	data          []byte
	used, at      int
	align         int
	fields        []string
	floats, texts int
}

func (w *structWalk) add(ctype string, size, align int) bool {
	w.fields = append(w.fields, fmt.Sprintf("%s f%d", ctype, w.at))
	w.at, w.align = w.at+size, max(w.align, align)
	return true
}

// field goes over one field.
func (w *structWalk) field() bool {
	rest := w.data[w.at:]
	if n := textRun(rest); n >= 4 {
		size := n
		for size < len(rest) && rest[size] == 0 && (size%4 != 0 || size < n+1) {
			size++
		}
		w.texts++
		return w.add(fmt.Sprintf("char[%d]", size), size, 1)
	}
	if w.at%8 == 0 && len(rest) >= 8 && UsualFloat64(math.Float64frombits(binary.LittleEndian.Uint64(rest))) {
		w.floats++
		return w.add("f64", 8, 8)
	}
	if len(rest) < 4 || w.at%4 != 0 {
		return w.add("u8", 1, 1) // no compiler puts another there
	}
	if UsualFloat32(math.Float32frombits(binary.LittleEndian.Uint32(rest))) {
		w.floats++
		return w.add("f32", 4, 4)
	}
	return w.add("u32", 4, 4)
}

func (w *structWalk) kinds() []string {
	var kinds []string
	if w.floats > 0 {
		kinds = append(kinds, "floating-point numbers")
	}
	if w.texts > 0 {
		kinds = append(kinds, "char arrays")
	}
	return append(kinds, "integers")
}

// textRun is how many bytes of ASCII are followed by a NUL; 0 if none does.
func textRun(data []byte) int {
	for i, b := range data {
		if b == 0 {
			return i
		}
		if !isASCIIText([]byte{b}) {
			return 0
		}
	}
	return 0
}

// UsualFloat64 tells whether programs have such numbers: from a millionth to a billion.
func UsualFloat64(f float64) bool { return math.Abs(f) >= 1e-6 && math.Abs(f) <= 1e9 }

// UsualFloat32 is the same of a float; integers and text look like very small or large ones.
func UsualFloat32(f float32) bool {
	return math.Abs(float64(f)) >= 1e-4 && math.Abs(float64(f)) <= 1e6
}
