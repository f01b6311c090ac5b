// Package qtbridge shares memory with Qt programs that use QSharedMemory, as
// they are: it finds the same segment by the same key, takes the same lock and
// sees the same bytes, because it calls Qt's own QSharedMemory.
//
// # Segments
//
// A segment is a piece of memory that the kernel maps into several processes at
// once. It has a size in bytes that never changes, no type and no structure:
// the programs must agree on what the bytes mean. A new one is all zero. One
// process creates it ([Create]), others attach to it ([Attach]); what one
// writes, the others read, without a copy in between. A [Segment] stands for
// one attachment. [Segment.Size] is exactly what the creator asked for on Unix
// (on Windows Qt rounds it up to whole pages), so a text in a segment needs no
// NUL at its end, and may have none.
//
// On Linux, Qt uses System V shared memory (shmget(2), shmat(2)), in mode 0600:
// both programs must run as the same user, or the one that attaches as root, and
// in the same IPC namespace; a container has one of its own.
//
// # Keys
//
// A key is the name that the programs have agreed on. QSharedMemory has long had two
// kinds, which name different segments even where the text is the same:
//
//   - setKey("Name"), or the constructor with a key: here [QtKey]. Qt derives a
//     file name from it, qipc_sharedmemory_, the ASCII letters of the key, and
//     the SHA-1 of the key, in the directory for temporary files: TMPDIR, or
//     /tmp where that is not set. Both programs must have the same TMPDIR.
//   - setNativeKey("Name"): here [NativeKey]. On Unix it is the path of a file.
//     A relative one is taken from the working directory of the process, so
//     programs that run in different directories mean different segments. For a
//     Qt program that runs elsewhere there is [NativeKeyIn].
//
// Qt 6.6 and later has a third kind:
//
//   - setNativeKey(QNativeIpcKey("/Name", QNativeIpcKey::Type::PosixRealtime)): here
//     [PosixKey]. It is the name of a POSIX shared memory object, which is a file in
//     /dev/shm, and depends on nothing else. What is said below of key files does not
//     concern it.
//
// The file is called the key file. It is empty; the kernel's own key is made of
// its device and inode numbers (ftok(3)). So it must be the same file, not only
// the same name: a segment whose key file was deleted cannot be found any more,
// and a new file of that name leads to another segment. ftok(3) keeps 16 bits of
// the inode and 8 of the device, so two files can, rarely, lead to the same
// segment: see [SegmentState.Namesakes]. [Key.KeyFiles] tells the paths, [ParseKey] and [Key.String] are for
// keys in command lines and configuration files.
//
// # The lock
//
// QSharedMemory::lock() takes a semaphore, a System V one on Linux
// (semop(2)), which has a key file of its own: qipc_systemsem_ and the same
// letters and SHA-1. [Segment.Lock], [Segment.TryLock] and [Segment.WithLock]
// take that semaphore, so they exclude Qt programs, other Go programs and other
// goroutines. Like any lock it only works if everybody takes it. The kernel
// gives it back when its holder dies, in the middle of a change or not. No order
// among those who wait is promised.
//
// A segment with a native key has no lock before Qt 6.6: Qt has no semaphore to
// go with that kind of key, and its lock() returns false at once. Programs that
// do not look at what lock() returns run without exclusion and do not know it. From
// Qt 6.6 on it has one, on the segment's own key file. This package takes it with any
// Qt, where there is one, and makes it with the segment. Where there is none,
// [Segment.Lockable] is false, and Lock returns [ErrNoLock].
//
// With a PosixKey the lock is a POSIX semaphore, which Qt makes where there is none.
// Nothing gives it back when its holder dies.
//
// [Segment.Snapshot] serves both: it copies the whole segment under the lock
// where there is one; where there is none, it reads until two reads agree. The
// second is a heuristic: it cannot tell a writer that pauses halfway from one
// that has finished. Where that matters, put a length, a counter or a checksum
// into the data.
//
// # Reading what a Qt program writes
//
// The Qt program publishes an id, in a segment of exactly the id's length. id is
// a QByteArray:
//
//	delete memory; // detaches from the one before
//	memory = new QSharedMemory;
//	memory->setNativeKey("RkWebViewModelSM");
//	memory->create(id.size());
//	memory->lock(); // returns false: a native key
//	memcpy(memory->data(), id.constData(), id.size());
//	memory->unlock();
//
// The Go program reads it. It detaches at once, because the Qt program's next
// create() fails while anybody is attached:
//
//	// The Qt program runs in /opt/viewer.
//	key := qtbridge.NativeKeyIn("/opt/viewer", "RkWebViewModelSM")
//	s, err := qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
//	if err != nil {
//		return err // ErrNotFound: nothing published yet, or between two
//	}
//	defer s.Close()
//	id, err := s.Snapshot(ctx, nil)
//
// A reader may come between create() and the copy and find zeros.
//
// # Following what a Qt program writes
//
// QSharedMemory has no notification, so Qt programs poll. [Watch] needs no
// polling, and no help from the Qt program:
//
//	for message, err := range qtbridge.Watch(ctx, key, qtbridge.WatchOptions{}) {
//		if err != nil {
//			log.Print(err) // the watch goes on as well as it can
//			continue
//		}
//		id, err := message.Text(qtbridge.Local8Bit)
//		…
//	}
//
// It is woken when a program takes the lock and gives it back, and when the key
// file of the segment comes or goes; what neither tells of it finds by looking
// from time to time. It leaves no trace: it takes the lock only to copy what has
// changed, attaches only for a copy, and reports neither the zeros of a segment
// that is not yet filled nor the short absence between two. The latest state
// wins: a program that must see every message needs a protocol with the other
// side, since a segment keeps only the last.
//
// # Writing what a Qt program reads
//
// The Qt program polls: setNativeKey, attach, lock, copy, unlock, detach. A
// [Publisher] is the other side of it: for each message it makes a segment of the
// right size and fills it, and keeps it until the next one, for the last one to
// detach removes it:
//
//	p, err := qtbridge.NewPublisher(key, qtbridge.PublisherOptions{})
//	…
//	defer p.Close()
//	err = p.Publish(ctx, []byte(id))
//
// It waits while a reader is attached to the message before, and holds the lock for
// all of the change. With a NativeKey readers before Qt 6.6 have no lock: one may come
// between the making and the filling, and find zeros. Where
// readers stay attached, PublisherOptions.InPlace keeps one segment. To do it
// step by step there are [Create], [Segment.WithLock] and [Segment.WriteAt]; the
// package examples have both in full.
//
// # Text
//
// A segment holds bytes, and a Qt program makes them of a QString in its own
// way. [Local8Bit] is toLocal8Bit(), done by Qt itself, [UTF8] toUtf8(),
// [UTF16LE] utf16(), [Latin1] toLatin1(), and [XText] any other encoding, such
// as that of a Windows system. [Encoding.Encode] and [Encoding.Decode] convert
// all bytes; [Encoding.DecodeToNUL] stops at a NUL, for segments that are larger
// than their text. What cannot be converted is an [ErrText], not a question mark
// that nobody notices.
//
// # Lifetime
//
// On Linux, segment, semaphore and key files belong to the kernel and the file
// system, not to a process:
//
//   - The last one to detach in order (Close, Qt's detach() or destructor)
//     removes the segment and its key file.
//   - The process whose Qt object created the semaphore, or called create(),
//     removes the semaphore and its key file when that object goes away: here,
//     when the Segment that [Create] returned is closed, or one whose Lock had
//     to make the semaphore. Others make a new one when they need it.
//   - A process that ends without that, by a crash, SIGKILL, os.Exit or a return
//     from main without Close, leaves all of it in the system, with the content,
//     until the machine restarts. [Attach] can read it. [Create] removes the
//     segment first if nobody is attached and its creator is gone; a process
//     with the creator's old process id counts as the creator.
//   - systemd may remove System V objects of a user who has logged out: see
//     RemoveIPC in logind.conf(5).
//
// On Windows all of this is different: see the section below. macOS is not
// supported.
//
// # Windows
//
// There Qt uses a named file mapping, and with a [QtKey], or from Qt 6.6 on, a named
// semaphore. The API is the same; these are the differences, found under Wine 8.0:
//
//   - A [NativeKey] is a name, not a path. It leads to the objects of this
//     session; one that begins with Global\ to those of all sessions.
//   - Sizes are whole pages, of 4096 bytes. What was not written is zero, and
//     text readers leave it out.
//   - Segment and semaphore go with their last handle, whatever becomes of the
//     processes. A crash leaves nothing behind, and nobody owns a semaphore.
//   - But nothing undoes a lock whose holder died: it stays taken as long as
//     anybody has it open. Lock then ends with its context, and its error names
//     the processes that may have the lock. Where only this program has it open,
//     [Create], [Publisher] and [Recover] set it free. Else somebody must know
//     that the holder is gone: [Policy].
//   - Nothing tells of a change: [Watch] polls.
//   - [Inspect] and [List] tell no ids, owners, times and creators.
//
// # Memory coherence
//
// [Segment.ReadAt], [Segment.WriteAt] and Snapshot are plain copies, and
// [Segment.View] is plain memory. Nothing is atomic: a reader can see one half
// of a number that another process is writing. The lock is what orders accesses,
// between processes as between goroutines. Numbers lie in the machine's byte
// order, and structs as the C++ compiler of the peer lays them out, padding
// included: see encoding/binary. Pointers mean nothing in another process.
//
// Go's race detector does not see this memory: that a test passes with -race
// says nothing about accesses to a segment.
//
// # Contexts and time limits
//
// Qt's attach() and lock() wait for the lock without limit. Everything here that
// can wait takes a context. Lock, WithLock and Snapshot wait for the lock until
// the context ends, and keep a deadline exactly; a cancellation, or a Close of
// the Segment, is noticed within 50 ms. TryLock does not wait. Attach waits
// about 50 ms for a segment that is just being made. Create waits for the lock,
// if there is one. Close waits at most about a second.
//
// # Errors
//
// Every error is an [*Error]: the operation, the key, a [Code], the cause in
// words and what to do about it. The codes are errors themselves, to compare
// with:
//
//	if errors.Is(err, qtbridge.ErrNotFound) { … }
//
// Where the standard library has an error with the same meaning, that works too:
// [ErrNotFound] is also fs.ErrNotExist, [ErrExists] fs.ErrExist,
// [ErrPermission] fs.ErrPermission, [ErrClosed] fs.ErrClosed. A context's error
// is underneath: errors.Is(err, context.DeadlineExceeded). What Qt said is
// underneath as well, as an error of package native. Bad input is an error,
// never a panic.
//
// # Goroutines and closing
//
// All methods of a Segment may be called from many goroutines at once. The lock
// belongs to the Segment, as a mutex does, not to the goroutine: any goroutine
// may unlock. While a Lock of a Segment lasts, a Snapshot of the same Segment
// does not wait for it: where some goroutines write under the lock and others
// take Snapshots, give each a Segment of its own. A thousand goroutines may
// wait for one lock: all but one of them wait in Go, without an OS thread. A
// child process inherits neither the attachment nor the lock.
//
// Close may come at any time. It calls off those who wait for the lock, waits
// for accesses under way, and later calls return [ErrClosed]; no access can
// reach memory that is gone, except through a slice kept from a View. Close
// gives the lock back if the Segment holds it. A Segment that is forgotten is
// closed some time later by the garbage collector; at the end of the program it
// is not. So call Close, and keep the Segment as long as it is needed.
//
// # What is kept away from you
//
// Calling QSharedMemory directly has effects that its documentation does not
// tell. On Windows a create() that fails keeps the segment of its owner in being;
// Create lets go of it. Of Qt 5.15 and 6.4 on Linux these are known, and what
// happens here instead:
//
//   - create() resets the lock to free, even when it fails because the segment
//     exists, and even while another process holds it. Create looks first,
//     without side effects, and calls Qt's create() only where there is nothing.
//   - A failed attach() makes a semaphore, and its destructor removes it, perhaps
//     from under a peer. Attach looks first, and never makes or needs the lock.
//   - attach() and detach() block while anybody holds the lock. Attach does not
//     wait for it, Close for a tenth of a second.
//   - With a native key, create() and lock() leave the object unable to create or
//     attach again before Qt 6.6. Each Create and Attach uses a new object.
//   - From Qt 6.6 on the object that made the lock of a native key deletes the key file
//     in the end, and with it what leads others to the segment. Attach makes none, and
//     Create has it made so that the file stays until the segment goes.
//   - A relative native key is resolved anew at each call, so that after a
//     chdir the key file stays behind. Here it is resolved once.
//   - unlock() of a lock that was removed or reset in the meantime makes it admit
//     two from then on. Unlock notices most such cases and returns [ErrLockLost].
//   - The destructor removes the semaphore even while another process holds it.
//     Close leaves it to that process.
//   - Qt deletes the key file in the end, even if it was somebody's own file.
//     Create refuses files that are not empty.
//   - What a crash left behind makes create() fail until somebody attaches and
//     detaches. Create does that, but only where nobody is attached and the
//     creator is gone.
//   - create() fails if a reader comes and goes while it is under way, and so
//     takes the segment with it. Create tries again, and Attach waits until
//     somebody is attached.
//   - Qt 5 cuts a size of more than 31 bits down. Here that is an [ErrSize].
//
// # After a crash
//
// Segments, semaphores and key files outlive processes. What a crash has left can be
// read, and stays until somebody removes it: to attach and close does not, unlike with
// Qt. [Inspect] tells what
// there is of a key, who made and used it last and whether they live, and names
// the state: free, live, orphaned, locked, lock jammed and so on. It touches
// nothing. [Recover] mends what can be mended with Qt's own means, never touches
// what a living process uses, and says what it did.
//
// # Semaphores and other bindings
//
// [Semaphore] is a QSystemSemaphore, which counts, with a key of its own.
// [Adopt] makes a Segment for the *QSharedMemory of another Go binding.
//
// # Building
//
// The package uses cgo and links QtCore: Qt 6 by default, Qt 5.15 with -tags
// qt5. It needs a C++ compiler, pkg-config and the development files of Qt; on
// Windows no pkg-config, see docs/windows.md. Which
// Qt is linked does not matter to the peer: Qt 5.15, 6.4 and, on Linux, 6.8 share
// memory in either direction. A program runs with the Qt 6
// that it was built with and with any later one. With two major versions of Qt in
// it, by way of another package, everything that needs Qt is an [ErrUnsupported];
// with CGO_ENABLED=0 the package compiles, and it is an [ErrUnavailable].
package qtbridge
