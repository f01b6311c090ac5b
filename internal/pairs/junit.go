//go:build linux

package pairs

import (
	"encoding/xml"
	"io"
	"strings"

	"qtinterop/internal/conformance"
)

// The elements of a JUnit file: a testsuite for each cell, a testcase for each row.
type junit struct {
	XMLName xml.Name `xml:"testsuites"`
	Suites  []suite  `xml:"testsuite"`
}

type suite struct {
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     float64    `xml:"time,attr"`
	Cases    []testcase `xml:"testcase"`
}

type testcase struct {
	Class   string  `xml:"classname,attr"`
	Name    string  `xml:"name,attr"`
	Time    float64 `xml:"time,attr"`
	Failure *detail `xml:"failure"`
	Skipped *detail `xml:"skipped"`
}

type detail struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the results as JUnit XML, in which what is impossible is skipped, with
// its reason.
func (r *Report) WriteJUnit(w io.Writer) error {
	var all junit
	for _, e := range r.Entries() {
		all.Suites = append(all.Suites, e.suite())
	}
	data, err := xml.MarshalIndent(all, "", "\t")
	if err != nil {
		return err
	}
	_, err = w.Write(append([]byte(xml.Header), data...))
	return err
}

func (e *entry) suite() suite {
	s := suite{Name: e.Title(), Tests: len(e.Results), Failures: e.Counts.Failed, Skipped: e.Counts.Impossible, Time: e.Seconds}
	for _, result := range e.Results {
		c := testcase{Class: e.Title(), Name: result.Row, Time: result.Seconds}
		switch result.Status {
		case conformance.Failed:
			c.Failure = &detail{Message: result.Reason, Text: strings.Join(result.Transcript, "\n")}
		case conformance.Impossible:
			c.Skipped = &detail{Message: result.Reason, Text: result.Says}
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}
