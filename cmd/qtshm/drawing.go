package main

import (
	"bytes"
	"image"
	"image/draw"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/kitty"
	"github.com/charmbracelet/x/ansi/sixel"
	scaling "golang.org/x/image/draw"
	"golang.org/x/term"
)

// screenOf is how many pixels there are for a picture on a terminal, and how it draws
// them: all of it but the line of the prompt.
func screenOf(out io.Writer, how graphics) image.Point {
	columns, rows, cell := 80, 24, image.Pt(10, 20)
	if file, ok := out.(*os.File); ok {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 0 && height > 1 {
			columns, rows = width, height
		}
		if told := cellOf(file); told.X > 0 && told.Y > 0 {
			cell = told
		}
	}
	if width := widthOf(out); width > 0 {
		columns = width // by COLUMNS
	}
	if how == blocksGraphics {
		cell = image.Pt(1, 2)
	}
	return image.Pt(columns*cell.X, (rows-1)*cell.Y)
}

// fitted is a picture in as many pixels as there are. One that is smaller stays so.
func fitted(picture image.Image, room image.Point) *image.RGBA {
	picture = plainPixels(picture)
	b := picture.Bounds()
	size := b.Size()
	if size.X > room.X {
		size = image.Pt(room.X, max(size.Y*room.X/size.X, 1))
	}
	if size.Y > room.Y {
		size = image.Pt(max(size.X*room.Y/size.Y, 1), room.Y)
	}
	small := image.NewRGBA(image.Rectangle{Max: size})
	if size == b.Size() {
		draw.Draw(small, small.Bounds(), picture, b.Min, draw.Src)
	} else {
		scalerOf(size.X, b.Dy()).Scale(small, small.Bounds(), picture, b, scaling.Src, nil)
	}
	return small
}

// scalerOf makes a picture of some height so wide. The better one needs 32 bytes for each pixel
// of that.
func scalerOf(width, height int) scaling.Scaler {
	if width*height > 1<<22 {
		return scaling.ApproxBiLinear
	}
	return scaling.BiLinear
}

// drawPicture draws a picture where the cursor is, and ends the line.
func drawPicture(out io.Writer, picture image.Image, how graphics, room image.Point) error {
	small := fitted(picture, room)
	var drawn bytes.Buffer
	switch how {
	case kittyGraphics:
		// quiet: an answer would be read by the shell
		o := kitty.Options{Action: kitty.TransmitAndPut, Transmission: kitty.Direct, Format: kitty.PNG, Chunk: true, Quiet: 2}
		if err := kitty.EncodeGraphics(&drawn, small, &o); err != nil {
			return err
		}
		drawn.WriteByte('\n')
	case sixelGraphics:
		var pixels bytes.Buffer
		if err := new(sixel.Encoder).Encode(&pixels, small); err != nil {
			return err
		}
		drawn.WriteString(ansi.SixelGraphics(0, 1, 0, pixels.Bytes()) + "\n")
	default:
		drawn.WriteString(strings.Join(halfBlocks(small, colourDepth()), "\n") + "\n")
	}
	_, err := drawn.WriteTo(out)
	return err
}
