package qtbridge

import "context"

// attachOnce has Qt attach, with the native key, which needs no lock: to open a
// mapping by its name is one step, and where it fails nothing is left behind.
func attachOnce(_ context.Context, key Key, p place, mode Mode, _ *lock) (*memory, error) {
	mem, err := newMemory("attach", key)
	if err != nil {
		return nil, err
	}
	if err := mem.attach("attach", key, p.segment, mode); err != nil {
		mem.Close()
		return nil, err
	}
	return mem, nil
}
