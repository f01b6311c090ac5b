//go:build linux

package pairs

import (
	"encoding/json"
	"io"

	"qtinterop/internal/conformance"
)

// document is the report as JSON.
type document struct {
	Version    int            `json:"version"` // of this form
	Date       string         `json:"date"`
	Commit     string         `json:"commit"` // of qtinterop
	Quick      bool           `json:"quick"`
	Passed     int            `json:"passed"`
	Failed     int            `json:"failed"`
	Impossible int            `json:"impossible"`
	Cells      []documentCell `json:"cells"`
}

type documentCell struct {
	Kind      string               `json:"kind"`         // of the key
	Go        *conformance.About   `json:"go,omitempty"` // or else the other peer
	Peer      conformance.About    `json:"peer"`
	Path      string               `json:"path"` // of the peer
	Other     *conformance.About   `json:"other,omitempty"`
	OtherPath string               `json:"otherPath,omitempty"`
	Seconds   float64              `json:"seconds"`
	Results   []conformance.Result `json:"results"`
}

// WriteJSON writes the results with all transcripts.
func (r *Report) WriteJSON(w io.Writer) error {
	d := document{Version: 1, Date: r.Date, Commit: r.Commit, Quick: r.Quick,
		Passed: r.Counts.Passed, Failed: r.Counts.Failed, Impossible: r.Counts.Impossible, Cells: []documentCell{}}
	for _, e := range r.Entries() {
		c := documentCell{Kind: e.Kind, Peer: e.Peer.About, Path: e.Peer.Path, Seconds: e.Seconds, Results: e.Results}
		if e.Other != nil {
			c.Other, c.OtherPath = &e.Other.About, e.Other.Path
		} else {
			c.Go = &e.Go.About
		}
		d.Cells = append(d.Cells, c)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(d)
}
