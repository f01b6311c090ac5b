package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
)

// canvas is where the pictures of --as image go: drawn by how, or without that written
// as PNG.
type canvas struct {
	out io.Writer // a file or terminal
	how graphics
}

func addGraphics(c *cobra.Command, how *graphics) {
	c.Flags().Var(how, "graphics", "draw pictures by `means` of kitty, sixel or blocks, also where there is no terminal (default: the best that the terminal has)")
}

// canvasFor is the canvas of a command with --as and --graphics.
func (a *app) canvasFor(as format, how graphics) (canvas, error) {
	c := canvas{a.out, how}
	switch file, isFile := a.out.(*os.File); {
	case as != asImage && how != "":
		return c, usagef("--graphics is about pictures; give --as image, too")
	case as == asImage && how == "" && isFile && isTerminal(file):
		c.how = graphicsOf(file)
	}
	return c, nil
}

// showIn writes the picture in data to w, which leads to the canvas.
func (c *canvas) showIn(w io.Writer, data []byte, frame rawFrame) error {
	p, err := pictureIn(data, frame)
	if err != nil {
		return err
	}
	if c.how == "" {
		return p.writePNG(w)
	}
	return drawPicture(w, p.Image, c.how, screenOf(c.out, c.how))
}
