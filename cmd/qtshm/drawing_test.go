package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi/kitty"
	"github.com/charmbracelet/x/ansi/sixel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gradient is a picture in which no two neighbours are alike.
func gradient(width, height int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.SetNRGBA(x, y, color.NRGBA{uint8(x * 7), uint8(y * 11), uint8(x ^ y), 0xff})
		}
	}
	return picture
}

// samePixels requires that two pictures differ in no channel by more than off.
func samePixels(t testing.TB, want, got image.Image, off int) {
	t.Helper()
	require.Equal(t, want.Bounds().Size(), got.Bounds().Size())
	channels := func(m image.Image, x, y int) [4]int {
		at := m.Bounds().Min.Add(image.Pt(x, y))
		r, g, b, a := m.At(at.X, at.Y).RGBA()
		return [4]int{int(r >> 8), int(g >> 8), int(b >> 8), int(a >> 8)}
	}
	size := want.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			w, g := channels(want, x, y), channels(got, x, y)
			for i := range w {
				require.InDelta(t, w[i], g[i], float64(off), "channel %d of %d, %d", i, x, y)
			}
		}
	}
}

var kittyParts = regexp.MustCompile("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\")

// readKitty is the picture that was drawn for Kitty, which is all of drawn.
func readKitty(t testing.TB, drawn string) image.Image {
	t.Helper()
	require.Empty(t, strings.TrimSpace(kittyParts.ReplaceAllString(drawn, "")))
	var payload strings.Builder
	parts := kittyParts.FindAllStringSubmatch(drawn, -1)
	require.NotEmpty(t, parts)
	for i, part := range parts {
		require.LessOrEqual(t, len(part[2]), kitty.MaxChunkSize)
		require.Equal(t, i == 0, strings.Contains(part[1], "a=T"), part[1])
		require.Equal(t, i < len(parts)-1, strings.Contains(part[1], "m=1"), part[1])
		require.Contains(t, part[1], "q=2", "the terminal is not to answer")
		payload.WriteString(part[2])
	}
	data, err := base64.StdEncoding.DecodeString(payload.String())
	require.NoError(t, err)
	picture, err := (&kitty.Decoder{Format: kitty.PNG}).Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return picture
}

var sixelSequence = regexp.MustCompile("^\x1bP0;1q([^\x1b]*)\x1b\\\\\r?\n$")

var sixelParts = regexp.MustCompile(`"1;1;(\d+);(\d+)|#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|[?-~]|[$-]`)

// readSixel is the picture that was drawn as Sixel, which is all of drawn.
func readSixel(t testing.TB, drawn string) image.Image {
	t.Helper()
	found := sixelSequence.FindStringSubmatch(drawn)
	require.NotNil(t, found, "%q", drawn[:min(len(drawn), 200)])
	require.Empty(t, sixelParts.ReplaceAllString(found[1], ""))
	var picture *image.RGBA
	var colours [256]color.RGBA
	colour, at := 0, image.Point{}
	for _, part := range sixelParts.FindAllStringSubmatch(found[1], -1) {
		number := func(i int) int { n, _ := strconv.Atoi(part[i]); return n }
		channel := func(i int) uint8 { return uint8((number(i)*255 + 50) / 100) }
		switch part[0][0] {
		case '"':
			picture = image.NewRGBA(image.Rect(0, 0, number(1), number(2)))
		case '#':
			if colour = number(3); part[4] != "" {
				colours[colour] = color.RGBA{channel(4), channel(5), channel(6), 0xff}
			}
		case '$':
			at.X = 0
		case '-':
			at = image.Pt(0, at.Y+6)
		default:
			for range max(number(7), 1) {
				six := part[0][len(part[0])-1] - '?'
				for i := range 6 {
					if six>>i&1 != 0 {
						picture.SetRGBA(at.X, at.Y+i, colours[colour])
					}
				}
				at.X++
			}
		}
	}
	return picture
}

var blockParts = regexp.MustCompile("\x1b\\[38;2;(\\d+);(\\d+);(\\d+)(?:;48;2;(\\d+);(\\d+);(\\d+))?m|▀")

// readBlocks is the picture that was drawn with half blocks of 24-bit colours.
func readBlocks(t testing.TB, drawn string) image.Image {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(strings.ReplaceAll(drawn, "\r\n", "\n"), "\n"), "\n")
	picture := image.NewRGBA(image.Rect(0, 0, strings.Count(lines[0], "▀"), 2*len(lines)))
	for row, line := range lines {
		require.Empty(t, blockParts.ReplaceAllString(strings.TrimSuffix(line, normal), ""))
		var above, below color.RGBA
		x := 0
		for _, part := range blockParts.FindAllStringSubmatch(line, -1) {
			if part[0] == "▀" {
				picture.SetRGBA(x, 2*row, above)
				picture.SetRGBA(x, 2*row+1, below)
				x++
				continue
			}
			above, below = colourIn(part[1:4]), colourIn(part[4:7])
		}
	}
	if picture.RGBAAt(0, 2*len(lines)-1).A == 0 { // half a line
		return picture.SubImage(image.Rect(0, 0, picture.Rect.Dx(), 2*len(lines)-1))
	}
	return picture
}

func colourIn(numbers []string) color.RGBA {
	channel := func(i int) uint8 { n, _ := strconv.Atoi(numbers[i]); return uint8(n) }
	if numbers[0] == "" {
		return color.RGBA{}
	}
	return color.RGBA{channel(0), channel(1), channel(2), 0xff}
}

// What a terminal is sent is the picture again, pixel by pixel, whatever its size.
func TestDrawings(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	t.Setenv("COLORTERM", "truecolor")
	room := image.Pt(200, 100)
	for _, size := range []image.Point{{1, 1}, {2, 3}, {7, 6}, {40, 13}, {61, 64}, {200, 100}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			picture := gradient(size.X, size.Y)
			draws := func(how graphics) string {
				var drawn bytes.Buffer
				require.NoError(t, drawPicture(&drawn, picture, how, room))
				return drawn.String()
			}
			samePixels(t, picture, readKitty(t, draws(kittyGraphics)), 0)
			samePixels(t, picture, readBlocks(t, draws(blocksGraphics)), 0)
			off := 3 // Sixel's channels go up to 100
			if size.X*size.Y > sixel.MaxColors {
				off = 60 // and there are that many colours
			}
			samePixels(t, picture, readSixel(t, draws(sixelGraphics)), off)
		})
	}
}

// A picture that is too large is made to fit, and each pixel has the mean of its part.
func TestFitted(t *testing.T) {
	for _, c := range []struct{ size, want image.Point }{
		{image.Pt(3840, 2160), image.Pt(80, 45)}, {image.Pt(80, 46), image.Pt(80, 46)}, {image.Pt(100, 1000), image.Pt(5, 50)},
		{image.Pt(10000, 1), image.Pt(80, 1)}, {image.Pt(1, 10000), image.Pt(1, 50)},
	} {
		assert.Equal(t, c.want, fitted(image.NewGray(image.Rectangle{Max: c.size}), image.Pt(80, 50)).Bounds().Size(), "%v", c.size)
	}
	stripes := image.NewGray(image.Rect(5, 5, 405, 205)) // black and white in turn
	for i := range stripes.Pix {
		stripes.Pix[i] = uint8(i%2) * 0xff
	}
	for _, c := range fitted(stripes, image.Pt(20, 20)).Pix[4*3 : 4*3+3] {
		assert.InDelta(t, 128, int(c), 10)
	}
}

// A terminal of few colours has the nearest, and one of none the shades.
func TestHalfBlockDepths(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 2, 3))
	for i := range picture.Pix {
		picture.Pix[i] = 0xff
	}
	picture.SetRGBA(1, 0, color.RGBA{0, 0, 0, 0})
	picture.SetRGBA(1, 1, color.RGBA{0, 0, 0, 0xff})
	for depth, want := range map[colorprofile.Profile][]string{
		colorprofile.TrueColor: {"\x1b[38;2;255;255;255;48;2;255;255;255m▀\x1b[38;2;0;0;0;48;2;0;0;0m▀" + normal, "\x1b[38;2;255;255;255m▀▀" + normal},
		colorprofile.ANSI256:   {"\x1b[38;5;231;48;5;231m▀\x1b[38;5;16;48;5;16m▀" + normal, "\x1b[38;5;231m▀▀" + normal},
		colorprofile.ANSI:      {"\x1b[97;107m▀\x1b[30;40m▀" + normal, "\x1b[97m▀▀" + normal},
		colorprofile.ASCII:     {"█ ", "██"},
	} {
		assert.Equal(t, want, halfBlocks(picture, depth), depth)
	}
}
