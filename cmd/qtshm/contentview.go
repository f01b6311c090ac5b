package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qtinterop/qtbridge"
)

// contentView follows the content of one segment. It belongs to top's Update.
type contentView struct {
	send   func(previewMsg)
	id     string // of the entry
	cancel context.CancelFunc
	last   previewMsg
}

// previewMsg is the content of a segment, or why there is none.
type previewMsg struct {
	id      string
	message qtbridge.Message
	err     error
}

// maxPreview is how large a segment may be to be followed: each change is
// copied as a whole.
const maxPreview = 64 << 20

// previewPace is the time between two contents that are shown.
const previewPace = 50 * time.Millisecond

// follow turns to another entry, unless it is the same.
func (p *contentView) follow(ctx context.Context, id string, e *qtbridge.Entry) {
	if p.id == id {
		return
	}
	p.stop()
	p.id, p.last = id, previewMsg{id: id}
	key, tmpdir, ok := reach(e)
	switch s := &e.State.Segment; {
	case !ok || !s.Exists:
		return
	case s.Size > maxPreview:
		p.last.err = fmt.Errorf("%s are too many to follow", sizeCell(s.Size))
		return
	case tmpdir != "":
		key = qtbridge.NativeKey(s.File.Path)
	}
	ctx, p.cancel = context.WithCancel(ctx)
	go watchFor(ctx, id, key, p.send)
}

func watchFor(ctx context.Context, id string, key qtbridge.Key, send func(previewMsg)) {
	for message, err := range qtbridge.Watch(ctx, key, qtbridge.WatchOptions{}) {
		send(previewMsg{id, message, err})
		select {
		case <-ctx.Done():
		case <-time.After(previewPace):
		}
	}
}

// stop follows nothing any more.
func (p *contentView) stop() {
	if p.cancel != nil {
		p.cancel()
	}
	p.cancel, p.id, p.last = nil, "", previewMsg{}
}

// lines are the content in hex and as text, at most n lines.
func (p *contentView) lines(n int) []string {
	switch data := p.last.message.Data; {
	case p.last.err != nil:
		return []string{printable(sentence(p.last.err))}
	case p.last.message.Cause == qtbridge.Removed:
		return []string{"(removed, or left behind by a crash)"}
	case len(data) > 0:
		var b strings.Builder
		_, _ = newHexDump(&b, 0).Write(data[:min(len(data), 16*n)])
		if rest := min(len(data), 16*n) % 16; rest > 0 {
			b.Reset()
			dump := newHexDump(&b, 0)
			_, _ = dump.Write(data[:min(len(data), 16*n)])
			_ = dump.Close()
		}
		lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
		return lines[:min(n, len(lines))]
	}
	return []string{"(no content to be seen)"}
}
