package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	progressAfter = time.Second            // what is done sooner needs no bar
	progressEvery = 100 * time.Millisecond // how often a bar is drawn
	progressWidth = 30
	progressText  = len("[]  99% of 1023.9 MiB ")
)

// progress is a bar on stderr for what takes longer than a second. A nil one
// draws nothing.
type progress struct {
	w     io.Writer
	width int   // of the bar, so that it fits the terminal
	total int64 // bytes; 0 if it is not known
	done  int64
	next  time.Time
	drawn bool
}

// newProgress returns nil where stderr is no terminal.
func (a *app) newProgress(total int64) *progress {
	if !isTerminal(a.err) {
		return nil
	}
	return &progress{w: a.err, width: barWidth(a.err, progressText), total: total, next: time.Now().Add(progressAfter)}
}

// barWidth is how wide a bar can be on a terminal, beside so much text.
func barWidth(w io.Writer, text int) int { return min(progressWidth, widthOf(w)-text) }

// barText is a bar of a width, if there is room for one, and a text.
func barText(width int, done, total int64, text string) string {
	if width <= 0 {
		return text
	}
	full := int(int64(width) * done / total)
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "] " + text
}

// clearLine takes a line of a terminal away, to write another.
const clearLine = "\r\x1b[K"

// Write counts bytes.
func (p *progress) Write(data []byte) (int, error) {
	if p != nil {
		p.add(len(data))
	}
	return len(data), nil
}

func (p *progress) add(n int) {
	p.done += int64(n)
	if now := time.Now(); !now.Before(p.next) {
		p.next = now.Add(progressEvery)
		p.draw()
	}
}

func (p *progress) draw() {
	p.drawn = true
	fmt.Fprint(p.w, clearLine+p.text())
}

func (p *progress) text() string {
	if p.total <= 0 {
		return sizeText(p.done)
	}
	return barText(p.width, p.done, p.total, fmt.Sprintf("%3d%% of %s", 100*p.done/p.total, sizeText(p.total)))
}

// end takes the bar away.
func (p *progress) end() {
	if p != nil && p.drawn {
		fmt.Fprint(p.w, clearLine)
	}
}
