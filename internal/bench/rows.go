package main

// row is a ratio to C++ that is reported.
type row struct{ title, name string }

// The operations of the README, as ratios to the same loop in C++ in the same process.
var operationRows = []row{
	{"lock, unlock", "LockUnlock ratio"},
	{"lock, write 64 bytes, unlock", "LockWrite64Unlock ratio"},
	{"attach, lock, read 64 bytes, unlock, detach; C++ reuses its object", "AttachLockRead64UnlockDetach/reused-object ratio"},
	{"the same; C++ makes a fresh object each time, as Go does", "AttachLockRead64UnlockDetach/fresh-object ratio"},
	{"publish, native key", "Publish/native ratio"},
	{"publish, setKey", "Publish/setKey ratio"},
	{"semaphore: acquire, release", "AcquireRelease ratio"},
	{"copy 64 MiB out", "Copy64MiB ratio"},
	{"start-up: `qtshm get`, beside the smallest program", "Get ratio"},
}

// latencyRow is a Watch beside the best reader in C++.
type latencyRow struct{ title, name string }

var latencyRows = []latencyRow{
	{"peer locks, reader stays attached, 100/s", "Latency/stay/100-per-s"},
	{"the same, 1,000/s", "Latency/stay/1000-per-s"},
	{"peer locks, reader attaches for each message, 100/s", "Latency/attach/100-per-s"},
	{"the same, 1,000/s", "Latency/attach/1000-per-s"},
	{"peer creates anew, 100/s", "Latency/anew/100-per-s"},
	{"the same, 1,000/s", "Latency/anew/1000-per-s"},
}

// judged are the rows that a quick run compares with those on record.
func judged() []row {
	rows := append([]row{}, operationRows...)
	for i := 0; i < len(latencyRows); i += 2 { // at 100 a second
		rows = append(rows, row{latencyRows[i].title, latencyRows[i].name + " ratio"})
	}
	return rows
}

var messageSizes = []row{{"64 B", "64-B"}, {"4 KiB", "4-KiB"}, {"1 MiB", "1-MiB"}, {"64 MiB", "64-MiB"}}

var messagePairs = []row{{"Qt to Qt", "qt-qt"}, {"Go to Go", "go-go"}, {"Go to Qt", "go-qt"}, {"Qt to Go", "qt-go"}}

// growthRow is an operation of which there is more and more.
type growthRow struct {
	title, name string
	counts      []int
	beside      string // the same in C++
}

var (
	handles    = []int{1, 100, 1000, 4000}
	goroutines = []int{1, 10, 100, 1000}
)

var handleRows = []growthRow{
	{"lock, unlock", "Handles/lock", handles, "Handles/c++-lock"},
	{"lock, unlock in C++", "Handles/c++-lock", handles, ""},
	{"read under the lock", "Handles/read", handles, ""},
	{"attach to detach", "Handles/attach-to-detach", handles, "Handles/c++-attach-to-detach"},
	{"attach to detach in C++", "Handles/c++-attach-to-detach", handles, ""},
}

var goroutineRows = []growthRow{
	{"lock, unlock", "Goroutines/lock", goroutines, ""},
	{"read under the lock", "Goroutines/read", goroutines, ""},
	{"attach to detach", "Goroutines/attach-to-detach", goroutines, ""},
}

var frameRows = []row{
	{"C++, stays attached", "c++"},
	{"C++, stays attached, each frame a new QByteArray", "c++-keep"},
	{"`Watch`, `Stay`", "watch-stay"},
	{"`Watch`, `Stay` and `Reuse`", "watch-stay-reuse"},
	{"`Watch`", "watch"},
	{"`Watch`, `Reuse`", "watch-reuse"},
}
