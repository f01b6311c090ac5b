package svg

import (
	"math"
	"slices"
)

// tolerance is how far beyond the axis a value may be, which is drawn at its end,
// in powers of ten.
const tolerance = 0.03

// margin is what must be left below the least value, in powers of ten.
const margin = 0.15

// LogAxis maps 10^Lo to 10^Hi to pixels.
type LogAxis struct {
	Lo, Hi   int
	From, To float64
}

// NewLogAxis holds all values.
func NewLogAxis(values []float64, from, to float64) LogAxis {
	lo := math.Floor(math.Log10(slices.Min(values)) - margin)
	hi := math.Ceil(math.Log10(slices.Max(values)) - tolerance)
	return LogAxis{int(lo), max(int(hi), int(lo)+1), from, to}
}

// At is where a value is, or the end that is nearest.
func (a LogAxis) At(value float64) float64 {
	share := (math.Log10(value) - float64(a.Lo)) / float64(a.Hi-a.Lo)
	return a.From + min(max(share, 0), 1)*(a.To-a.From)
}
