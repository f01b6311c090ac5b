package ipc

// NoKeyFiles is what a [System] does about Qt's deleting of files and removing of
// segments where detach() does neither: nothing. It is to be embedded.
type NoKeyFiles struct{}

// Pin returns the name itself.
func (NoKeyFiles) Pin(p Place) (*Pin, error) {
	return &Pin{Name: p.Segment, Lasts: true, Release: func() {}}, nil
}

// StillSegment is false: there is no shorter way than by the name.
func (NoKeyFiles) StillSegment(Place, int) (Segment, bool) { return Segment{}, false }

// Protect returns the name itself.
func (NoKeyFiles) Protect(p Place) (name string, done func(), err error) {
	return p.Segment, func() {}, nil
}

// Keep has nothing to do.
func (NoKeyFiles) Keep(int) (data []byte, end func(), err error) { return nil, func() {}, nil }

// Drop has nothing to do.
func (NoKeyFiles) Drop(int) {}

// Namesakes are none: each name leads to an object of its own.
func (NoKeyFiles) Namesakes(Place) Namesakes { return Namesakes{} }

// Strangers are none: names and objects are shared alike.
func (NoKeyFiles) Strangers(Place) []int { return nil }
