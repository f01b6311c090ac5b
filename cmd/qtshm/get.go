package main

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

const (
	// copyLimit is up to what size get copies at once, so that the lock is not
	// held while somebody reads our stdout.
	copyLimit = 64 << 20
	// chunkSize is what is copied at a time beyond that.
	chunkSize = 1 << 20
)

// getOptions are the flags of get.
type getOptions struct {
	part
	as          showing
	encoding    textEncoding
	format      valueFormat
	graphics    graphics
	noLock      bool
	requireLive bool
	timeout     span
}

var getLong = `get attaches read-only, takes the lock, copies, gives the lock back and detaches.
It prints raw bytes, or to a terminal a hex dump as hexdump -C.

Up to 64 MiB are copied before anything is printed. More is printed piece by piece:
then the lock is held until the reader of the output has taken it. As text, the
bytes up to the first NUL are printed, and a newline; a terminal gets a ?
for each control character but white space.

` + perSystem("", `A segment consists of whole pages, of 4 KiB: what was not written is zero, and is
printed too, but not as text. --length prints no more than it says.

`) + `A segment with a native key has a lock only if a program with Qt 6.6 or later has
made one, which others do not take: it is read until two reads agree, if it has at
most 64 MiB, as is one whose lock nobody has made; get makes none.
--no-lock copies at once, whatever is being written.

--format prints the fields of a C++ struct at the start, or at --offset, as a line of JSON, with
the types of this machine's compiler: u8 to i64, f32, f64, bool, char, and those of C and
Qt (int, unsigned long, quint16, QChar). An array is char[16] name or u16 x[4]; one of char or
QChar is text, in UTF-8, or char[16] name latin1. u8 mode:3 is a bit field, and
struct { i16 x; f32 y; }[3] axes an array of structs. Before the first field there may
be LP64; or LLP64; for another system, big; for the other byte order, and pack=1;. All
of it is in go doc qtinterop/qtbridge/layout Parse.

--as datastream prints the values of a QDataStream message as a line of JSON; --format says
which, by the names of Qt: 'QString name; qint32 n; QMap<QString, QList<short>> lists', and
struct { QString name; double speed; } for what a program's own operator<< writes. Without it
the values are guessed, and the guess is said on stderr. Behind a colon stand the Qt
that has written it (datastream:5.15, without which it is the newest of the Qt that qtshm
has), and little or single for setByteOrder() and setFloatingPointPrecision(). What is in
a QVariant has its type with it where JSON has none: {"QDate": "2024-02-29"}. A QImage
or QPixmap is its PNG in base64. All of it is in go doc qtinterop/qtbridge/datastream
Form.DecodeJSON.

--as image is for pictures: a QImage or QPixmap in a QDataStream, or a PNG, each at the
start or at --offset; or a raw frame, of which you say width, height and the
QImage::Format, and if its lines are longer than those of QImage, the bytes of one:
image:3840x2160:RGB32:16384. A terminal shows it, in its width and height: by the graphics
of Kitty or Sixel if it has them (--graphics chooses), else by half blocks, in the
colours that it has. Elsewhere goes a PNG. The formats are RGB32, ARGB32,
ARGB32_Premultiplied, RGBX8888, RGBA8888, RGBA8888_Premultiplied, RGB888, BGR888, RGB16,
RGB555, Grayscale8, Grayscale16, RGBX64, RGBA64 and RGBA64_Premultiplied.

What a crash has left behind is printed as well, with a word on stderr, and stays:
rm removes it. With --require-live that is a failure, with status 8.`

func (a *app) getCmd() *cobra.Command {
	o := getOptions{part: wholePart}
	c := &cobra.Command{
		Use:        "get KEY",
		Short:      "print what is in a segment",
		SuggestFor: []string{"cat", "read"},
		Long:       getLong,
		Example: `  qtshm get Config                      # a hex dump on a terminal
  qtshm get Config > config.bin         # the bytes
  qtshm get native:RkWebViewModelSM --as text
  qtshm get Frame --offset 16 --length 64K --as hex
  qtshm get Config --json --timeout 2s
  qtshm get Photo --as image            # the picture, or > photo.png
  qtshm get Frame --as image:640x480:RGB32 --offset 64 > frame.png
  qtshm get Oven --as datastream:5.15 --format 'QString name; qint32 n; QVariantMap settings'
  qtshm get Reading --format 'u32 magic; u32 seq; f64 temp; char[16] name'`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return a.get(c.Context(), args[0], o) },
	}
	o.addFlags(c, "print", "to the end")
	c.Flags().BoolVar(&o.noLock, "no-lock", false, "do not take the lock")
	addRequireLive(c, &o.requireLive)
	c.Flags().Var(&o.timeout, "timeout", "wait for the lock no longer than this; 0 does not wait")
	addShowing(c, &o.as, &o.encoding, "hex on a terminal, else raw")
	o.format.addFlag(c, formatUsage)
	addGraphics(c, &o.graphics)
	return c
}

func (a *app) get(ctx context.Context, name string, o getOptions) (err error) {
	key, err := qtbridge.ParseKey(name)
	if err != nil {
		return err
	}
	if err := o.format.resolve(ctx, &o.as); err != nil {
		return err
	}
	if o.as.format, err = a.chosen(o.as.format); err != nil {
		return err
	}
	r := reading{app: a}
	if r.canvas, err = a.canvasFor(o.as.format, o.graphics); err != nil {
		return err
	}
	if o.as.format == "" && isTerminal(a.out) {
		o.as.format = asHex
	}
	s, err := a.attachTo(ctx, "get", key, qtbridge.ReadOnly, o.requireLive)
	if err != nil {
		return err
	}
	defer closing(s, &err)
	r.options, r.segment = o, s
	if r.offset, r.length, err = o.within(int64(s.Size())); err != nil {
		return err
	}
	r.length = o.as.frame.limit(o.format.limit(r.length))
	return r.run(ctx)
}

// closing closes what a command used, and says what went wrong with it.
func closing(c io.Closer, err *error) { *err = errors.Join(*err, c.Close()) }

// reading is one get.
type reading struct {
	app            *app
	options        getOptions
	canvas         canvas
	segment        *qtbridge.Segment
	offset, length int64
}

func (r *reading) run(ctx context.Context) error {
	whole := r.options.as.format == asText || r.options.as.format == asImage
	if r.length > copyLimit && !whole {
		return r.locked(ctx, func() error { return r.stream(ctx) })
	}
	data, err := r.copy(ctx)
	if err != nil {
		return err
	}
	return r.print(ctx, data)
}

// locked calls f under the lock, if there is one to take: for what is too large
// to be copied as a whole. Only Snapshot takes a lock without making one; Lock
// makes it where nobody has, and a reader leaves no such trace. So Inspect tells
// before, once. If the lock vanishes in between, one is made all the same, which
// Close removes.
func (r *reading) locked(ctx context.Context, f func() error) (err error) {
	if !r.takesLock() {
		return f()
	}
	if err := lockWithin(ctx, r.segment, r.options.timeout); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.segment.Unlock()) }()
	return f()
}

func (r *reading) takesLock() bool {
	if r.options.noLock || !r.segment.Lockable() {
		return false
	}
	state, err := qtbridge.Inspect(r.segment.Key())
	return err != nil || state.Lock.Exists
}

func (r *reading) copy(ctx context.Context) (data []byte, err error) {
	if !r.options.noLock && r.segment.Size() <= copyLimit {
		return r.snapshot(ctx)
	}
	data = make([]byte, r.length)
	err = r.locked(ctx, func() error {
		_, err := r.segment.ReadAt(data, r.offset)
		return err
	})
	return data, err
}

// snapshot copies under the lock, or, if there is none, reads until two reads
// agree.
func (r *reading) snapshot(ctx context.Context) ([]byte, error) {
	data, err := snapshotWithin(ctx, r.segment, r.options.timeout)
	if errors.Is(err, qtbridge.ErrUnstable) {
		return nil, refusedf(exitLocked, "get %q: it is written to all the time, and no two reads agree; --no-lock reads it as it is", r.segment.Key())
	}
	if err != nil {
		return nil, err
	}
	return data[r.offset : r.offset+r.length], nil
}

// stream prints without a copy of the whole.
func (r *reading) stream(ctx context.Context) error {
	bar := r.app.newProgress(r.length)
	defer bar.end()
	w := patientWriter{ctx, r.app.out}
	part := io.TeeReader(io.NewSectionReader(r.segment, r.offset, r.length), bar)
	switch r.options.as.format {
	case asJSON:
		return r.streamJSON(w, part)
	case asHex:
		dump := newHexDump(w, r.offset)
		if _, err := io.CopyBuffer(dump, part, make([]byte, chunkSize)); err != nil {
			return err
		}
		return dump.Close()
	}
	_, err := io.CopyBuffer(w, part, make([]byte, chunkSize))
	return err
}

// streamJSON prints what is large as JSON, with its text if that ends soon.
func (r *reading) streamJSON(w io.Writer, part io.Reader) error {
	start := make([]byte, chunkSize)
	if _, err := r.segment.ReadAt(start, r.offset); err != nil {
		return err
	}
	content := contentJSON{data: part}
	if e := r.options.encoding.Encoding; endOfText(start, e) < len(start) {
		content.text = textOf(start, e)
	}
	return content.writeTo(w, r.head())
}

// getJSON is what get --json prints, with contentJSON; docs/qtshm.md documents it.
type getJSON struct {
	Key    string `json:"key"`
	Size   int    `json:"size"`
	Offset int64  `json:"offset"`
	Length int64  `json:"length"`
	Unused bool   `json:"unused,omitempty"` // nobody else is attached
}

func (r *reading) head() getJSON {
	return getJSON{r.segment.Key().String(), r.segment.Size(), r.offset, r.length, r.segment.WasUnused()}
}

func (r *reading) print(ctx context.Context, data []byte) error {
	w := patientWriter{ctx, r.app.out}
	e := r.options.encoding.Encoding
	if r.options.as.format == asImage {
		return r.canvas.showIn(w, data, r.options.as.frame)
	}
	values, err := r.options.format.values(data, r.app.note)
	if err != nil {
		return err
	}
	if r.options.as.format == asJSON {
		content := contentJSON{bytes.NewReader(data), textOf(data, e), values}
		return content.writeTo(w, r.head())
	}
	if values != nil {
		return writeJSON(w, values)
	}
	return writeAs(w, r.options.as.format, data, r.offset, e)
}
