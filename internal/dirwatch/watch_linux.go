package dirwatch

import (
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mask is what makes a file come or go. Not what happens to the content of files:
// a directory for temporary files sees much of that.
const mask = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO |
	unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR

// lost is what ends the watch of a directory.
const lost = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_UNMOUNT | unix.IN_IGNORED

// Watch tells when one of some files in a directory comes or goes.
type Watch struct {
	names  []string
	signal chan struct{} // of capacity 1
	rouse  func()        // called after a signal
	came   atomic.Uint64
	lost   atomic.Bool
	dir    int32
}

// Came counts how often one of the files has come. Of a nil Watch none ever has.
func (w *Watch) Came() uint64 {
	if w == nil {
		return 0
	}
	return w.came.Load()
}

// IsLost tells whether the watch has ended by itself: the directory is gone, or
// has another name.
func (w *Watch) IsLost() bool { return w.lost.Load() }

// Told is where a signal comes; of a nil Watch none ever does.
func (w *Watch) Told() <-chan struct{} {
	if w == nil {
		return nil
	}
	return w.signal
}

// IsTold takes the signal, if there is one.
func (w *Watch) IsTold() bool {
	select {
	case <-w.Told():
		return true
	default:
		return false
	}
}

func (w *Watch) tell() {
	select {
	case w.signal <- struct{}{}:
	default:
	}
	w.rouse()
}

// inotify is the one instance of this process: a system has few. It exists as
// long as there is a Watch.
var inotify struct {
	sync.Mutex
	file  *os.File
	users int
	dirs  map[int32][]*Watch
}

// Start begins to watch for names in the directory dir, which must exist; Close
// must follow. rouse is called after each signal, and must not wait. The error is
// an errno.
func Start(dir string, rouse func(), names ...string) (*Watch, error) {
	inotify.Lock()
	defer inotify.Unlock()
	if err := openInotify(); err != nil {
		return nil, err
	}
	w := &Watch{names: names, signal: make(chan struct{}, 1), rouse: rouse}
	wd, err := addInotify(dir)
	if err != nil {
		closeInotify()
		return nil, err
	}
	w.dir = wd
	inotify.users++
	inotify.dirs[wd] = append(inotify.dirs[wd], w)
	return w, nil
}

// Close ends the watch.
func (w *Watch) Close() {
	inotify.Lock()
	defer inotify.Unlock()
	rest := slices.DeleteFunc(inotify.dirs[w.dir], func(other *Watch) bool { return other == w })
	if len(rest) > 0 {
		inotify.dirs[w.dir] = rest
	} else {
		delete(inotify.dirs, w.dir)
		_ = onInotify(func(fd int) error { _, err := unix.InotifyRmWatch(fd, uint32(w.dir)); return err })
	}
	inotify.users--
	closeInotify()
}

func openInotify() error {
	if inotify.file != nil {
		return nil
	}
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return err
	}
	inotify.file = os.NewFile(uintptr(fd), "inotify")
	inotify.dirs = make(map[int32][]*Watch)
	go readInotify(inotify.file)
	return nil
}

// closeInotify closes the instance if nobody uses it.
func closeInotify() {
	if inotify.users == 0 {
		_ = inotify.file.Close()
		inotify.file = nil
	}
}

func addInotify(dir string) (wd int32, err error) {
	err = onInotify(func(fd int) error {
		n, err := unix.InotifyAddWatch(fd, dir, mask)
		wd = int32(n)
		return err
	})
	return wd, err
}

// onInotify calls f with the descriptor, which file keeps. Fd() would make it
// block.
func onInotify(f func(fd int) error) error {
	raw, err := inotify.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = f(int(fd)) })
	if err != nil {
		return err
	}
	return failed
}

// readInotify passes on what the system tells, until file is closed.
func readInotify(file *os.File) {
	buf := make([]byte, 1<<14)
	for {
		n, err := file.Read(buf)
		if err != nil {
			return
		}
		inotify.Lock()
		if inotify.file == file {
			for rest := buf[:n]; len(rest) >= unix.SizeofInotifyEvent; {
				rest = passOn(rest)
			}
		}
		inotify.Unlock()
	}
}

// passOn tells those concerned of the first event in buf, and returns the others.
func passOn(buf []byte) []byte {
	event := (*unix.InotifyEvent)(unsafe.Pointer(unsafe.SliceData(buf)))
	end := unix.SizeofInotifyEvent + int(event.Len)
	name := strings.TrimRight(string(buf[unix.SizeofInotifyEvent:end]), "\x00")
	if event.Mask&unix.IN_Q_OVERFLOW != 0 {
		for _, watches := range inotify.dirs {
			for _, w := range watches {
				w.tell()
			}
		}
	}
	for _, w := range inotify.dirs[event.Wd] {
		if event.Mask&lost != 0 {
			w.lost.Store(true)
			w.tell()
		} else if slices.Contains(w.names, name) {
			if event.Mask&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0 {
				w.came.Add(1)
			}
			w.tell()
		}
	}
	return buf[end:]
}
