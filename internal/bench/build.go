package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Two programs that do the same, one without and one with the library.
const (
	plainProgram = `package main

import (
	"context"
	"fmt"
)

func main() { fmt.Println(context.Background()) }
`
	importingProgram = `package main

import (
	"context"
	"fmt"

	"MODULE/qtbridge"
)

func main() {
	fmt.Println(qtbridge.Attach(context.Background(), qtbridge.QtKey("key"), qtbridge.ReadOnly))
}
`
)

// buildTurns is less than turns, as each takes long.
const buildTurns = 3

// measureBuilds builds a program without anything in the cache, then one that imports the
// library, then that one again after a change.
func (p *programs) measureBuilds(into samples) error {
	module, err := exec.Command("go", "list", "-m").Output()
	if err != nil {
		return err
	}
	importing := strings.ReplaceAll(importingProgram, "MODULE", strings.TrimSpace(string(module)))
	for turn := range buildTurns {
		cache := filepath.Join(p.dir, fmt.Sprint("cache", turn))
		for _, b := range []struct{ name, text string }{
			{"plain", plainProgram}, {"importing", importing}, {"again", importing + "\nvar changed int\n"},
		} {
			took, size, err := build(p.dir, cache, b.text)
			if err != nil {
				return fmt.Errorf("building a program: %w", err)
			}
			into.add("Build/"+b.name+" s", took.Seconds())
			into.add("Build/"+b.name+" MB", float64(size)/1e6)
		}
		_ = os.RemoveAll(cache)
	}
	return nil
}

func build(dir, cache, text string) (took time.Duration, size int64, err error) {
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		return 0, 0, err
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", binary, source)
	cmd.Env = append(os.Environ(), "GOCACHE="+cache)
	start := time.Now()
	if output, err := cmd.CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("%w\n%s", err, output)
	}
	took = time.Since(start)
	info, err := os.Stat(binary)
	if err != nil {
		return 0, 0, err
	}
	return took, info.Size(), nil
}
