// Package jsontree reads JSON that becomes values of others, and changes nothing of it: what
// encoding/json would put something else for, or leave out, is an error.
package jsontree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Parse is text as encoding/json has it in an any, with each number a json.Number, and a
// [Half] for what Go has no text for. It is an error if a name is twice in an object.
func Parse(text []byte) (any, error) {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return nil, fmt.Errorf("the JSON is not in UTF-8: the byte %#02x at %d", text[at], at)
		}
		at += size
	}
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, fmt.Errorf("this is no JSON object: %w", err)
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	return (&reader{text, in}).value()
}

// Half is a string with half of a surrogate pair, as QJsonValue writes one as an escape, or an
// object with such a name. encoding/json writes it as it was.
type Half struct {
	At  int // where in the JSON the escape is
	raw []byte
}

// MarshalJSON is the JSON that it was made of.
func (h Half) MarshalJSON() ([]byte, error) { return h.raw, nil }

func (h Half) String() string {
	return fmt.Sprintf("half of a surrogate pair at byte %d of the JSON, which no text has", h.At)
}

// reader goes over text that encoding/json has found to be JSON.
type reader struct {
	text []byte
	in   *json.Decoder
}

// token is the next one, and where it begins.
func (r *reader) token() (token json.Token, at int, err error) {
	at = int(r.in.InputOffset())
	token, err = r.in.Token()
	for bytes.IndexByte([]byte(" \t\r\n,:"), r.text[at]) >= 0 {
		at++
	}
	return token, at, err
}

func (r *reader) value() (any, error) {
	token, at, err := r.token()
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return r.object(at)
		}
		return r.list()
	case string:
		return r.str(t, at), err
	}
	return token, err
}

func (r *reader) list() (any, error) {
	list := []any{}
	for r.in.More() {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, _, err := r.token()
	return list, err
}

func (r *reader) object(begin int) (any, error) {
	object, places := map[string]any{}, map[string]int{}
	half := -1
	for r.in.More() {
		token, at, err := r.token()
		if err != nil {
			return nil, err
		}
		name := token.(string)
		if h, ok := r.str(name, at).(Half); ok {
			name = string(h.raw) // no text begins with a "
			if half < 0 {
				half = h.At
			}
		}
		if first, twice := places[name]; twice {
			return nil, fmt.Errorf("the name %s at byte %d is in its object before, at byte %d", r.text[at:r.in.InputOffset()], at, first)
		}
		places[name] = at
		if object[name], err = r.value(); err != nil {
			return nil, err
		}
	}
	_, _, err := r.token()
	if half >= 0 {
		return Half{half, r.text[begin:r.in.InputOffset()]}, err
	}
	return object, err
}

// str is the string that was read last and began at a byte, or a Half.
func (r *reader) str(s string, begin int) any {
	raw := r.text[begin:r.in.InputOffset()]
	for at := bytes.IndexByte(raw, '\\'); at >= 0 && at < len(raw); {
		n := unit(raw[at:])
		if n < 0 {
			return Half{begin + at, raw}
		}
		at += n
	}
	return s
}

// unit is how long the byte or escape is that raw begins with, with both escapes of a pair;
// negative for half of one.
func unit(raw []byte) int {
	switch one := escape(raw); {
	case raw[0] != '\\':
		return 1
	case raw[1] != 'u':
		return 2
	case !utf16.IsSurrogate(one):
		return 6
	case utf16.DecodeRune(one, escape(raw[6:])) == utf8.RuneError:
		return -1
	}
	return 12
}

// escape is the \u escape that raw begins with; 0 if that is none.
func escape(raw []byte) rune {
	digits, ok := bytes.CutPrefix(raw, []byte(`\u`))
	if !ok {
		return 0
	}
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 16)
	return rune(n)
}
