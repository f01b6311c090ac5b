package guess

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

var pngStart = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")

// pictures are a PNG, also in a QImage or QByteArray of QDataStream.
func pictures(data []byte, used int) []Finding {
	at := bytes.Index(data[:min(len(data), 256)], pngStart)
	if at < 0 || len(data) < at+24 {
		return nil
	}
	width, height := binary.BigEndian.Uint32(data[at+16:]), binary.BigEndian.Uint32(data[at+20:])
	f := Finding{What: fmt.Sprintf("a PNG of %d x %d pixels", width, height), Score: 97, Show: []string{"--as", "image"}}
	f.because("the 16 bytes that a PNG begins with are at byte %d", at)
	switch {
	case at == 4 && isMarker(data):
		f.What = fmt.Sprintf("a QImage or QPixmap in a QDataStream, of %d x %d pixels", width, height)
		f.because("before them is the qint32 1, by which QDataStream marks a picture that is not null")
	case at > 0:
		f.Score, f.Offset = 90, at
		f.but("what the %d bytes before it are is another question", at)
	}
	if end := bytes.Index(data[at:], []byte("IEND\xaeB`\x82")); end < 0 {
		f.Score = 75
		f.but("the end of a PNG is not there")
	} else if end += at + 8; used > end {
		f.but("behind it are %d bytes up to the last that is not zero", used-end)
	}
	return []Finding{f}
}

func isMarker(data []byte) bool {
	return binary.BigEndian.Uint32(data) == 1 || binary.LittleEndian.Uint32(data) == 1
}
