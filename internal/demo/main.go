//go:build cgo && (linux || windows)

// Demo shows the exchange that qtinterop is for: an id that goes through a
// QSharedMemory segment between Go and an unmodified Qt process, in both
// directions, with both Qts and both kinds of keys. scripts/demo runs it.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"qtinterop/native"
	"qtinterop/qtbridge"
)

// keyName is the key of the mission's programs.
const keyName = "RkWebViewModelSM"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: demo DIR-OF-TESTPEERS")
		os.Exit(2)
	}
	agreed, err := run(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
	if !agreed {
		os.Exit(1)
	}
}

func run(peers string) (agreed bool, err error) {
	peers, err = filepath.Abs(peers)
	if err != nil {
		return false, err
	}
	dir, where, leave, err := enterPlace()
	if err != nil {
		return false, err
	}
	defer func() { err = firstError(err, leave()) }()

	fmt.Printf("Go, linked to Qt %s, and Qt programs share memory in %s.\n", native.VersionRunning(), where)
	fmt.Printf("The id is %q, the key is %q.\n", id, keyName)
	agreed = true
	number := 0
	for _, qt := range []string{"5", "6"} {
		peer := filepath.Join(peers, "testpeer-qt"+qt)
		locksNative, err := hasIPCKeys(peer)
		if err != nil {
			return false, err
		}
		for _, key := range []qtbridge.Key{qtbridge.NativeKeyIn(dir, keyName), qtbridge.QtKey(keyName)} {
			exchanges := []func(scene) (bool, error){qtWrites, goWrites, goFollows, goPublishes}
			if key.IsNative() && locksNative {
				fmt.Println("\nNot shown: Go writes or publishes with a native key for a program with Qt 6.6 or\nlater. Its lock hangs on the key file, which it deletes when it ends.")
				exchanges = []func(scene) (bool, error){qtWrites, goFollows}
			}
			for _, exchange := range exchanges {
				number++
				ok, err := exchange(scene{number, qt, peer, dir, key})
				if err != nil {
					return false, fmt.Errorf("exchange %d: %w", number, err)
				}
				agreed = agreed && ok
			}
		}
	}
	verdict := "All sides agree in all exchanges."
	if !agreed {
		verdict = "NOT ALL AGREE."
	}
	fmt.Printf("\n%s\n", verdict)
	return agreed, nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
