package qtbridge

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"qtinterop/native"
)

// maxLocal8Bit is how many bytes can be converted at once: Qt 5 counts in an
// int, and a byte can become three.
const maxLocal8Bit = math.MaxInt32 / 3

// Qt does not tell what it has replaced. So the result goes back through Qt,
// which must give what was there before.

func (e Encoding) encodeByQt(text string) ([]byte, error) {
	data, err := toLocal8Bit("encode", text)
	if err != nil || e.replacing {
		return data, err
	}
	back, err := fromLocal8Bit("encode", data)
	if err != nil {
		return nil, err
	}
	if at := mismatch(text, back); at >= 0 {
		return nil, e.unmappable(text, at)
	}
	return data, nil
}

func (e Encoding) decodeByQt(data []byte) (string, error) {
	text, err := fromLocal8Bit("decode", data)
	if err != nil || e.replacing {
		return text, err
	}
	back, err := toLocal8Bit("decode", text)
	if err != nil {
		return "", err
	}
	if at := mismatch(string(data), string(back)); at >= 0 {
		return "", e.undecodable(data, at)
	}
	return text, nil
}

func toLocal8Bit(op, text string) ([]byte, error) {
	if len(text) > maxLocal8Bit {
		return nil, tooLong(op, len(text))
	}
	data, err := native.ToLocal8Bit(text)
	if err != nil {
		return nil, qtError(op, Key{}, err)
	}
	return data, nil
}

func fromLocal8Bit(op string, data []byte) (string, error) {
	if len(data) > maxLocal8Bit {
		return "", tooLong(op, len(data))
	}
	text, err := native.FromLocal8Bit(data)
	if err != nil {
		return "", qtError(op, Key{}, err)
	}
	return text, nil
}

func tooLong(op string, size int) error {
	return &Error{Op: op, Code: ErrSize, Msg: fmt.Sprintf(
		"%d bytes are more than Qt converts at once; do it in pieces of at most %d", size, maxLocal8Bit)}
}

// mismatch returns where the first character begins that did not come back, or
// -1. A byte order mark that was dropped is not missed.
func mismatch(want, back string) int {
	if want == back {
		return -1
	}
	at := difference(want, back)
	if rest, marked := strings.CutPrefix(want, mark); marked {
		if rest == back {
			return -1
		}
		at = max(at, len(mark)+difference(rest, back))
	}
	return at
}

// difference returns where the first character begins that differs. The byte
// that does may be within it: what is replaced can begin as U+FFFD does.
func difference(want, back string) int {
	at := 0
	for at < len(want) && at < len(back) && want[at] == back[at] {
		at++
	}
	for at > 0 && at < len(back) && !utf8.RuneStart(back[at]) {
		at--
	}
	return at
}
