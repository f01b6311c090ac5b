package qtbridge

import "sync"

// gate lets one goroutine of this process at a time to a lock. The others wait
// here, where it costs them no OS thread and a context or a Close can call them
// off; only the one inside waits in the kernel.
type gate chan struct{}

// gates are those in use, by the key file of the lock: all Segments of one key
// share a gate.
var gates = struct {
	sync.Mutex
	of map[string]*sharedGate
}{of: make(map[string]*sharedGate)}

type sharedGate struct {
	gate  gate
	users int
}

// useGate returns the gate of the lock with this key file; dropGate must
// follow.
func useGate(file string) gate {
	gates.Lock()
	defer gates.Unlock()
	shared := gates.of[file]
	if shared == nil {
		shared = &sharedGate{gate: make(gate, 1)}
		gates.of[file] = shared
	}
	shared.users++
	return shared.gate
}

func dropGate(file string) {
	gates.Lock()
	defer gates.Unlock()
	shared := gates.of[file]
	if shared.users--; shared.users == 0 {
		delete(gates.of, file)
	}
}
