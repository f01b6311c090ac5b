package qtbridge

import (
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fileMask is what makes a key file appear or disappear. Not what happens to the
// content of files: a directory for temporary files sees much of that.
const fileMask = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO |
	unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR

// fileLost is what ends the watch of a directory.
const fileLost = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_UNMOUNT | unix.IN_IGNORED

// fileWatch tells when one of some files in a directory comes or goes.
type fileWatch struct {
	names  []string
	signal chan struct{} // of capacity 1
	rouse  func()        // called after a signal
	lost   atomic.Bool   // the directory is gone, or another one
	dir    int32
}

func (f *fileWatch) isLost() bool { return f.lost.Load() }

// told is where a signal comes; of a nil fileWatch none ever does.
func (f *fileWatch) told() <-chan struct{} {
	if f == nil {
		return nil
	}
	return f.signal
}

// isTold takes the signal, if there is one.
func (f *fileWatch) isTold() bool {
	select {
	case <-f.told():
		return true
	default:
		return false
	}
}

func (f *fileWatch) tell() {
	select {
	case f.signal <- struct{}{}:
	default:
	}
	f.rouse()
}

// inotify is the one instance of this process: a system has few. It exists as
// long as there is a fileWatch.
var inotify struct {
	sync.Mutex
	file  *os.File
	users int
	dirs  map[int32][]*fileWatch
}

// watchFiles begins to watch for names in the directory dir, which must exist;
// close must follow. rouse is called after each signal, and must not wait. The
// error is an errno.
func watchFiles(dir string, rouse func(), names ...string) (*fileWatch, error) {
	inotify.Lock()
	defer inotify.Unlock()
	if err := openInotify(); err != nil {
		return nil, err
	}
	f := &fileWatch{names: names, signal: make(chan struct{}, 1), rouse: rouse}
	wd, err := addInotify(dir)
	if err != nil {
		closeInotify()
		return nil, err
	}
	f.dir = wd
	inotify.users++
	inotify.dirs[wd] = append(inotify.dirs[wd], f)
	return f, nil
}

// close ends the watch.
func (f *fileWatch) close() {
	inotify.Lock()
	defer inotify.Unlock()
	rest := slices.DeleteFunc(inotify.dirs[f.dir], func(other *fileWatch) bool { return other == f })
	if len(rest) > 0 {
		inotify.dirs[f.dir] = rest
	} else {
		delete(inotify.dirs, f.dir)
		_ = onInotify(func(fd int) error { _, err := unix.InotifyRmWatch(fd, uint32(f.dir)); return err })
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
	inotify.dirs = make(map[int32][]*fileWatch)
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
		n, err := unix.InotifyAddWatch(fd, dir, fileMask)
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
			for _, f := range watches {
				f.tell()
			}
		}
	}
	for _, f := range inotify.dirs[event.Wd] {
		if event.Mask&fileLost != 0 {
			f.lost.Store(true)
			f.tell()
		} else if slices.Contains(f.names, name) {
			f.tell()
		}
	}
	return buf[end:]
}
