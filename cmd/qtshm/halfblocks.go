package main

import (
	"image"
	"image/color"
	"os"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// colourDepth is which colours a terminal has; colorprofile.ASCII if none are wanted.
func colourDepth() colorprofile.Profile {
	if os.Getenv("NO_COLOR") != "" {
		return colorprofile.ASCII // which colorprofile does not say for every value
	}
	return colorprofile.Env(os.Environ())
}

// halfBlocks are the lines of a picture of which each character shows two pixels, one
// above the other. Where there is no colour, it shows how light they are.
func halfBlocks(picture *image.RGBA, depth colorprofile.Profile) []string {
	b := picture.Bounds()
	var lines []string
	for y := b.Min.Y; y < b.Max.Y; y += 2 {
		if depth <= colorprofile.ASCII {
			lines = append(lines, shadeLine(picture, y))
		} else {
			lines = append(lines, blockLine(picture, y, depth))
		}
	}
	return lines
}

func blockLine(picture *image.RGBA, y int, depth colorprofile.Profile) string {
	var line strings.Builder
	var last string
	b := picture.Bounds()
	for x := b.Min.X; x < b.Max.X; x++ {
		style := ansi.Style{}.ForegroundColor(inDepth(picture.RGBAAt(x, y), depth))
		if y+1 < b.Max.Y {
			style = style.BackgroundColor(inDepth(picture.RGBAAt(x, y+1), depth))
		}
		if s := style.String(); s != last {
			line.WriteString(s)
			last = s
		}
		line.WriteString("▀")
	}
	return line.String() + normal
}

// inDepth is the nearest colour that the terminal has. colorprofile would keep each
// colour that it was ever asked for.
func inDepth(c color.RGBA, depth colorprofile.Profile) color.Color {
	c.A = 0xff // what is transparent is on black
	switch depth {
	case colorprofile.ANSI:
		return ansi.Convert16(c)
	case colorprofile.ANSI256:
		return ansi.Convert256(c)
	}
	return c
}

// shades are from black to white.
var shades = []string{" ", "░", "▒", "▓", "█"}

func shadeLine(picture *image.RGBA, y int) string {
	var line strings.Builder
	b := picture.Bounds()
	for x := b.Min.X; x < b.Max.X; x++ {
		above := lightness(picture.RGBAAt(x, y))
		light := (above + lightness(picture.RGBAAt(x, min(y+1, b.Max.Y-1)))) / 2
		line.WriteString(shades[light*len(shades)/256])
	}
	return line.String()
}

func lightness(c color.RGBA) int { return int(color.GrayModel.Convert(c).(color.Gray).Y) }
