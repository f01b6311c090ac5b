package main

import (
	"context"
	"fmt"

	"qtinterop/qtbridge"
)

// contentView is what is to be seen of the content of one segment. It belongs to
// top's Update.
type contentView struct {
	send   func(previewMsg)
	id     string // of the entry
	key    qtbridge.Key
	reason string // why its content is not read; empty if it is
	cancel context.CancelFunc
	feed   *contentFeed // nil if there is none

	last   previewMsg
	before []byte // the content that was shown before the last
	format contentFormat
	curves fieldCurves
}

// maxPreview is how large a segment may be to be followed: each change is
// copied as a whole.
const maxPreview = 64 << 20

// follow turns to another entry, unless it is the same.
func (p *contentView) follow(ctx context.Context, id string, e *qtbridge.Entry) {
	key, reason := p.followable(id, e)
	if p.id == id && p.key == key && (p.reason == "") == (reason == "") {
		p.reason = reason
		return
	}
	p.stop()
	p.id, p.key, p.reason = id, key, reason
	if reason == "" {
		ctx, p.cancel = context.WithCancel(ctx)
		p.feed = newContentFeed(ctx, id, key, p.send)
	}
}

// followable is the key to follow an entry by, or the reason why it is not followed.
// A segment that is followed may go, and come back.
func (p *contentView) followable(id string, e *qtbridge.Entry) (key qtbridge.Key, reason string) {
	key, tmpdir, ok := reach(e)
	if tmpdir != "" {
		key = qtbridge.NativeKey(e.State.Segment.File.Path)
	}
	switch s := &e.State.Segment; {
	case !s.Exists && (p.id != id || p.feed == nil):
		return key, "there is no segment"
	case !ok:
		return key, "not read: no key leads to it"
	case s.Size > maxPreview:
		return key, fmt.Sprintf("not read: %s are too many to follow; qtshm get reads a part", sizeCell(s.Size))
	}
	return key, ""
}

// stop follows nothing any more.
func (p *contentView) stop() {
	if p.cancel != nil {
		p.cancel()
	}
	*p = contentView{send: p.send, format: p.format, curves: p.curves.restarted()}
}

// measured is the entry whose changes are seen; empty if there is none.
func (p *contentView) measured() string {
	if p.feed == nil || p.last.err != nil {
		return ""
	}
	return p.id
}

// show shows what the feed tells.
func (p *contentView) show(m previewMsg) {
	if m.feed == nil || m.feed != p.feed || m.err == nil && m.message.Seq == p.last.message.Seq {
		return // of what was followed before, or shown
	}
	if m.err == nil && p.last.message.Seq > 0 {
		p.before = p.last.message.Data
	}
	p.last = m
	if m.err == nil && m.message.Cause != qtbridge.Removed {
		p.curves.take(m.message.Data)
	}
}

// why says why there is no content of an entry to be seen; it is empty if there is.
func (p *contentView) why(e *qtbridge.Entry) string {
	s := &e.State.Segment
	switch {
	case s.Exists && s.Attached == 0:
		return "not read: it is " + e.State.Verdict.String() + ", with nobody attached, and to follow it would remove it; qtshm get reads it, and leaves it"
	case p.reason != "":
		return p.reason
	case p.last.err != nil:
		return "not read: " + sentence(p.last.err)
	case p.last.message.Cause == qtbridge.Removed:
		return "removed"
	case p.last.message.Seq == 0:
		return "not read yet"
	case len(p.last.message.Data) == 0:
		return "empty"
	}
	return ""
}

// page is the content, in lines of a width.
func (p *contentView) page(width int) *contentPage {
	return newContentPage(p.format, p.last.message.Data, p.before, width)
}
