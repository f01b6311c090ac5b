package guess

import (
	"bytes"
	"fmt"
	"strings"

	"qtinterop/qtbridge/datastream"
)

// Message is a message of QDataStream that bytes may be.
type Message struct {
	datastream.Options
	Form           string             // its types, for datastream.ParseForm
	Size           int                // in bytes
	Sure           int                // how many of these are values whose length or type agrees with the bytes
	Unread         int                // where that begins which fits nothing; -1 if there is no such thing
	Oldest, Newest datastream.Version // the versions in which it reads the same

	reasons []string // why a part of it is what it is called
}

// FindMessage is the message that data looks most like, in one of both byte orders.
func FindMessage(data []byte) (Message, bool) {
	newest := datastream.Newest()
	if newest == 0 {
		return Message{}, false // without Qt nothing can be read
	}
	versions := []datastream.Version{newest}
	if newest >= datastream.Qt6_0 && bytes.Contains(data, pngStart) {
		versions = append(versions, datastream.Qt5_13) // in which a picture in a QVariant has another number
	}
	var best Message
	for _, version := range versions {
		for _, little := range []bool{false, true} {
			w := streamWalk{data: data, used: Used(data), options: datastream.Options{Version: version, LittleEndian: little},
				work: maxWork + 8*len(data)}
			if m := w.walk(); m.Sure > best.Sure {
				best = m
			}
		}
	}
	if best.Sure < 6 {
		return Message{}, false
	}
	return best, best.findVersions(data)
}

// findVersions reads the message in all versions.
func (m *Message) findVersions(data []byte) bool {
	form, err := datastream.ParseForm(m.Form)
	if err != nil {
		return false
	}
	var first string
	for v := datastream.Newest(); v >= datastream.Qt4_0; v-- {
		o := m.Options
		o.Version = v
		values, size, err := form.DecodeJSON(data, o)
		if err != nil || size != m.Size || first != "" && string(values) != first {
			if first != "" {
				break
			}
			continue
		}
		if first == "" {
			first, m.Newest, m.Version = string(values), v, v
		}
		m.Oldest = v
	}
	return first != ""
}

// As is the value of --as for it.
func (m *Message) As() string {
	as := "datastream"
	if m.Newest != datastream.Newest() {
		as += ":" + strings.ReplaceAll(strings.TrimPrefix(m.Newest.String(), "Qt_"), "_", ".")
	}
	if m.LittleEndian {
		as += ":little"
	}
	return as
}

// messages is a message of QDataStream.
func messages(data []byte, used int) []Finding {
	m, ok := FindMessage(data)
	if !ok {
		return nil
	}
	order := "big-endian, as Qt has it by default"
	if m.LittleEndian {
		order = "little-endian"
	}
	f := Finding{What: fmt.Sprintf("a QDataStream message, %s: %s", order, m.Form), Score: 30 + int(65*int64(m.Sure)/int64(max(used, m.Sure))),
		Show: []string{"--as", m.As(), "--format", m.Form}}
	f.because("%d of the %d bytes are values whose lengths and types agree with what follows them", m.Sure, used)
	for _, reason := range m.reasons {
		f.because("%s", reason)
	}
	if m.Oldest == m.Newest {
		f.because("it reads in %v alone", m.Newest)
	} else {
		f.but("the version cannot be told: from %v to %v it reads the same", m.Oldest, m.Newest)
	}
	if m.Sure < m.Size {
		f.but("a number has no mark: what is called a qint32 may be a quint32, a float or two numbers")
	}
	switch {
	case m.Unread >= 0:
		f.but("the bytes from %d on fit nothing that is looked for", m.Unread)
		f.Score /= 2
	case used > m.Size:
		f.but("behind it are %d bytes up to the last that is not zero", used-m.Size)
	}
	return []Finding{f}
}
