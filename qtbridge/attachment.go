package qtbridge

// attachment is what a Segment holds on to: one Qt object that is attached, and
// the lock.
type attachment struct {
	*closer
	file string // key file of the segment
	mem  *memory
	data []byte // the mapping; only to be touched inside the door
	lock *lock  // nil if segments of this kind have none
}

func newAttachment(key Key, file string, mem *memory, l *lock) *attachment {
	a := &attachment{file: file, mem: mem, data: mem.Data(), lock: l}
	a.closer = newCloser(key, a.detach)
	return a
}

// detach undoes everything, in the order that leaves others undisturbed: the
// lock is held, if it can be had, while Qt detaches, which may remove the
// segment, and while Qt removes a semaphore that is ours. Nobody else can hold
// it then.
func (a *attachment) detach() error {
	held := a.lock != nil && a.lock.held.CompareAndSwap(true, false)
	guarded := held || a.guard()
	a.data = nil
	err := a.detachMemory()
	if a.lock == nil {
		return err
	}
	a.lock.dispose(guarded)
	if guarded {
		a.lock.giveBriefly()
	}
	if held {
		a.lock.gate.leave()
	}
	a.lock.drop()
	return err
}

func (a *attachment) detachMemory() error {
	err := a.mem.Detach()
	attached := a.mem.IsAttached()
	a.mem.Close()
	if err == nil || !attached && isUnexplained(err) {
		// Qt also answers false, with no error set, when it detached from and
		// removed a segment whose key file somebody had deleted before.
		return nil
	}
	return qtError("close", a.key, err)
}
