// Bench measures this library beside C++ with Qt, both in turns on the same machine, and
// writes what it found into docs: see scripts/bench.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

// Exit statuses beside 0 and 1.
const exitNoisy = 3

func main() {
	quick := flag.Bool("quick", false, "compare with the ratios on record, and write nothing")
	flag.Parse()
	err := run(*quick)
	if errors.Is(err, errNoisy) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(exitNoisy)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(quick bool) error {
	programs, err := buildPrograms()
	if err != nil {
		return err
	}
	defer programs.remove()
	if quick {
		return judge(programs)
	}
	return report(programs)
}
