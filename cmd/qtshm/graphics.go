package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// graphics is the flag --graphics: how pictures are drawn.
type graphics string

// The ways to draw. Without one it is the best that the terminal is known to have.
const (
	kittyGraphics  graphics = "kitty"
	sixelGraphics  graphics = "sixel"
	blocksGraphics graphics = "blocks"
)

func graphicsNames() []string {
	return []string{string(kittyGraphics), string(sixelGraphics), string(blocksGraphics)}
}

// Set, String and Type make it a flag.
func (g *graphics) Set(name string) error {
	if !slices.Contains(graphicsNames(), name) {
		return fmt.Errorf("there are no graphics %q; known are kitty, sixel and blocks", name)
	}
	*g = graphics(name)
	return nil
}

func (g *graphics) String() string { return string(*g) }
func (g *graphics) Type() string   { return "graphics" }

// graphicsOf is how to draw on a terminal.
func graphicsOf(out *os.File) graphics {
	switch {
	case drawsKitty():
		return kittyGraphics
	case drawsSixel(out):
		return sixelGraphics
	}
	return blocksGraphics
}

// drawsKitty tells whether the terminal says by its environment that it has the
// graphics of Kitty. One within it, such as tmux, inherits that, and has not. WezTerm is
// none of them: it answers also who wants no answer, and has Sixel.
func drawsKitty() bool {
	name := os.Getenv("TERM")
	if os.Getenv("TMUX") != "" || os.Getenv("STY") != "" || strings.HasPrefix(name, "screen") || strings.HasPrefix(name, "tmux") {
		return false
	}
	return os.Getenv("KITTY_WINDOW_ID") != "" || name == "xterm-kitty" || name == "xterm-ghostty" || os.Getenv("TERM_PROGRAM") == "ghostty"
}
