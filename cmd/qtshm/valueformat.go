package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"qtinterop/internal/guess"
	"qtinterop/qtbridge/datastream"
	"qtinterop/qtbridge/layout"
)

// valueFormat is the flag --format: bytes as the fields of a C++ struct, or, with --as
// datastream, as the values of a QDataStream message.
type valueFormat struct {
	text   string // as given
	layout *layout.Layout
	form   *datastream.Form
	stream *streamVersion // nil if it is no message
	guess  guessedForm    // if nothing tells the types
}

// guessedForm is the types that were guessed last. Each guess makes types for Go that stay.
type guessedForm struct {
	text    string
	form    *datastream.Form
	options datastream.Options
	count   int
}

const maxGuesses = 100

// fits tells whether it has all of a message.
func (g *guessedForm) fits(data []byte) bool {
	if g.form == nil {
		return false
	}
	_, size, err := g.form.DecodeJSON(data, g.options)
	return err == nil && len(bytes.TrimRight(data[size:], "\x00")) == 0
}

// Set, String and Type make it a flag.
func (f *valueFormat) Set(text string) error {
	f.text = text
	if strings.TrimSpace(text) == "" {
		return errNoFormat
	}
	return nil
}

var errNoFormat = errors.New("there is nothing in it")

// maxFormat is how many bytes the file of an @FILE may have.
const maxFormat = 1 << 20

// content is the text, or what is in the file of an @FILE.
func (f *valueFormat) content(ctx context.Context) (string, error) {
	path, isFile := strings.CutPrefix(f.text, "@")
	if !isFile {
		return f.text, nil
	}
	file, err := openFile(ctx, "--format "+f.text, path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(patientReader{ctx, file}, maxFormat+1))
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", usagef("--format %s: %v", f.text, err)
	case len(text) > maxFormat:
		return "", usagef("--format %s: it has more than %s, and is no format", f.text, sizeText(maxFormat))
	case len(bytes.TrimSpace(text)) == 0:
		return "", f.explained(errNoFormat)
	}
	return string(text), nil
}

func (f *valueFormat) String() string { return f.text }
func (f *valueFormat) Type() string   { return "layout" }

// addFlag adds --format. verb is what is done with the JSON.
func (f *valueFormat) addFlag(c *cobra.Command, usage string) {
	c.Flags().Var(f, "format", usage)
}

const formatUsage = "print the fields of a C++ struct as JSON: the `layout`, as 'u32 magic; f64 temp; char[16] name', or @FILE; " +
	"with --as datastream the values of a message, as 'QString name; qint32 n'"

// resolve understands the text, once it is known what --as is. With --as datastream there
// is no other format.
func (f *valueFormat) resolve(ctx context.Context, as *showing) error {
	text, err := f.content(ctx)
	if err != nil {
		return err
	}
	if as.format == asDataStream {
		f.stream, as.format = &as.stream, ""
		if text != "" {
			f.form, err = datastream.ParseForm(text)
		}
		return f.explained(err)
	}
	if f.text == "" {
		return nil
	}
	if as.format != "" && as.format != asJSON {
		return usagef("--format and --as %s contradict each other; give one of them", as.format)
	}
	f.layout, err = layout.Parse(text, layout.Options{})
	return f.explained(err)
}

func (f *valueFormat) explained(err error) error {
	if err == nil {
		return nil
	}
	return usagef("--format %s: %v (see qtshm help get)", f.text, err)
}

// isGiven tells whether there are values.
func (f *valueFormat) isGiven() bool { return f.layout != nil || f.stream != nil }

// limit is how many of so many bytes have the values.
func (f *valueFormat) limit(length int64) int64 {
	switch {
	case f.layout != nil:
		return min(length, int64(f.layout.Size()))
	case f.stream != nil:
		return min(length, copyLimit)
	}
	return length
}

// values are those in data for writeJSON, nil if none are asked for. tell tells people of what
// was not asked for.
func (f *valueFormat) values(data []byte, tell func(string, ...any)) (any, error) {
	switch {
	case f.layout != nil:
		return f.layout.Decode(data)
	case f.stream == nil:
		return nil, nil
	}
	form, options, err := f.formFor(data, tell)
	if err != nil {
		return nil, err
	}
	values, size, err := form.DecodeJSON(data, options)
	if err != nil {
		return nil, err
	}
	if rest := len(bytes.TrimRight(data[size:], "\x00")); rest > 0 {
		tell("behind the %d bytes of the message are %d that are not zero: left by a longer one, or the types, the version or the byte order are others", size, rest)
	}
	return values, nil
}

// formFor is what the message in data has, which is guessed if no --format tells it.
func (f *valueFormat) formFor(data []byte, tell func(string, ...any)) (*datastream.Form, datastream.Options, error) {
	if f.form != nil {
		return f.form, f.stream.Options, nil
	}
	g := &f.guess
	if g.fits(data) {
		return g.form, g.options, nil
	}
	m, ok := guess.FindMessage(data)
	if ok = ok && g.count < maxGuesses; !ok {
		return nil, m.Options, &datastream.Error{Op: "guess", Code: datastream.ErrType, Offset: -1,
			Msg: "the bytes look like no message whose types can be told; say them by --format, as 'QString name; qint32 n'"}
	}
	if g.text != m.Form {
		g.text = m.Form
		g.count++
		tell("nothing says what is in the message; the guess is --as %s --format %s, and qtshm guess gives the reasons", m.As(), quote(m.Form))
	}
	if f.stream.text != "" {
		m.Options = f.stream.Options
	}
	var err error
	g.form, err = datastream.ParseForm(m.Form)
	g.options = m.Options
	return g.form, g.options, err
}

// encode is the bytes of values as JSON.
func (f *valueFormat) encode(text []byte) ([]byte, error) {
	if f.layout == nil {
		return f.form.EncodeJSON(text, f.stream.Options)
	}
	record, err := recordFrom(f.layout, text)
	if err != nil {
		return nil, err
	}
	data := make([]byte, f.layout.Size())
	return data, f.layout.Encode(data, record)
}
