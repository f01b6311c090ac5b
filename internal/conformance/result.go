// Package conformance holds what a Qt program and a Go program must agree on when
// they share memory, row by row. [Run] tries all rows with one peer and one kind of
// key; the program conform does so from the command line, for scripts/matrix.
package conformance

// Status is how a row ended.
type Status string

// The statuses. Impossible is what the Qt of one side cannot do, whoever uses it:
// neither a pass nor a failure.
const (
	Passed     Status = "passed"
	Failed     Status = "failed"
	Impossible Status = "impossible"
)

// Result is how a row ended, and on what evidence.
type Result struct {
	Row        string   `json:"row"`
	Documented string   `json:"documented"` // what Qt documents, or is seen to do
	Status     Status   `json:"status"`
	Reason     string   `json:"reason,omitempty"` // why it failed or is impossible
	Says       string   `json:"says,omitempty"`   // what qtbridge returned where it is impossible
	Seconds    float64  `json:"seconds"`
	Transcript []string `json:"transcript"`
}

// About is which Qt this program was compiled against and runs with.
type About struct {
	Compiled string `json:"compiled"`
	Running  string `json:"running"`
}
