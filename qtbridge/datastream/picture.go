package datastream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"reflect"
	"sync"

	"qtinterop/native"
	"qtinterop/qtbridge/picture"
)

// Pixmap is a QPixmap in a QVariant, where another image.Image is a QImage. Without an Image it
// is a null one.
type Pixmap struct{ image.Image }

// Bitmap is a QBitmap in a QVariant.
type Bitmap struct{ image.Image }

// The pictures of a Form are PNGs that pass as they are.
type (
	pngImage  []byte
	pngPixmap []byte
	pngBitmap []byte
)

// pngNodes are what is in a QVariant that is read for a Form.
var pngNodes = sync.OnceValue(func() map[byte]*node {
	return map[byte]*node{
		native.StreamImage:  newNode(reflect.TypeFor[pngImage](), native.StreamImage),
		native.StreamPixmap: newNode(reflect.TypeFor[pngPixmap](), native.StreamPixmap),
		native.StreamBitmap: newNode(reflect.TypeFor[pngBitmap](), native.StreamBitmap),
	}
})

func isPictureTag(tag byte) bool {
	return tag == native.StreamImage || tag == native.StreamPixmap || tag == native.StreamBitmap
}

// isPicture tells whether values of a type are an image.Image, as *image.NRGBA is. A struct
// that has one in it is a struct.
func isPicture(t reflect.Type) bool {
	if t == reflect.TypeFor[Pixmap]() || t == reflect.TypeFor[Bitmap]() {
		return true
	}
	return t.Implements(reflect.TypeFor[image.Image]()) && !embedsPicture(t)
}

func embedsPicture(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	for field := range t.Fields() {
		if field.Anonymous && field.Type.Implements(reflect.TypeFor[image.Image]()) {
			return true
		}
	}
	return false
}

// pictureTag is the type of a picture in a QVariant.
func pictureTag(t reflect.Type) byte {
	if tag, ok := goTypes[t]; ok {
		return tag
	}
	return native.StreamImage
}

// pictureOf is the picture in v, nil for a null one.
func pictureOf(v reflect.Value) image.Image {
	switch m := v.Interface().(type) {
	case Pixmap:
		return m.Image
	case Bitmap:
		return m.Image
	case image.Image:
		if v.Kind() != reflect.Pointer || !v.IsNil() {
			return m
		}
	}
	return nil
}

// picture appends a picture after its tag.
func (e *encoder) picture(m image.Image) *Error {
	if m != nil {
		m = pictureOf(reflect.ValueOf(m))
	}
	at := len(e.out)
	out, err := picture.Append(e.out, binary.LittleEndian, m)
	if err != nil {
		return pictureError(err)
	}
	e.out = out
	size := uint32(native.StreamNullSize)
	if m != nil {
		size = uint32(len(out) - at - 4)
	}
	binary.LittleEndian.PutUint32(out[at:], size) // in the place of the marker
	return nil
}

// png is where the PNG of a picture is in the message; nil if it is null.
func (d *decoder) png() (png []byte, at int) {
	at, size := int(d.u64()), d.u32()
	if size == native.StreamNullSize {
		return nil, at
	}
	return d.message[at : at+int(size)], at
}

// picture is a picture after its tag.
func (d *decoder) picture(tag byte) (image.Image, *Error) {
	png, at := d.png()
	if png == nil {
		return nil, nil
	}
	m, err := picture.DecodePNG(png)
	if err != nil {
		e := pictureError(err)
		e.Offset = at - 4 // its marker
		e.Expected = tagNames()[tag]
		return nil, e
	}
	return m, nil
}

// pngInto sets to to the PNG of a picture.
func (d *decoder) pngInto(to *[]byte) {
	png, _ := d.png()
	*to = bytes.Clone(png)
}

// pictureVariant is a picture in a QVariant.
func (d *decoder) pictureVariant(tag byte) (any, *Error) {
	if d.isForm {
		n := pngNodes()[tag]
		v := reflect.New(n.typ)
		err := d.content(v.UnsafePointer(), n)
		return v.Elem().Interface(), err
	}
	m, err := d.picture(tag)
	switch {
	case err != nil:
		return nil, err
	case tag == native.StreamPixmap:
		return Pixmap{m}, nil
	case tag == native.StreamBitmap:
		return Bitmap{m}, nil
	case m == nil:
		return &image.NRGBA{}, nil
	}
	return m, nil
}

// isNullImage tells whether a value that a QVariant has is a null QImage: nil could not be
// asked for its size.
func isNullImage(v any) bool {
	m, ok := v.(*image.NRGBA)
	return ok && (m == nil || m.Rect == image.Rectangle{})
}

var pictureCodes = map[picture.Code]Code{picture.ErrEnd: ErrEnd, picture.ErrCorrupt: ErrCorrupt}

func pictureError(err error) *Error {
	e := fail(ErrValue, "%v", err)
	e.Err = err
	if p, ok := errors.AsType[*picture.Error](err); ok {
		if code, ok := pictureCodes[p.Code]; ok {
			e.Code = code
		}
		e.Msg = p.Code.Error() + ": " + p.Msg
	}
	return e
}
