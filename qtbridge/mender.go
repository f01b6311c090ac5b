package qtbridge

import (
	"context"
	"errors"
	"time"
)

// mender does what Recover found to do. Only one works in a directory at a time,
// on the whole system; programs that know nothing of it may come at any moment.
type mender struct {
	key    Key
	place  place
	policy Policy
	done   []Action
}

// mend looks and mends until there is nothing left to do. A lock that is only
// held for a moment, as by readers, is waited for.
func (m *mender) mend(ctx context.Context) error {
	deadline := time.Now().Add(courtesy)
	for range recoverRounds {
		again, err := m.round()
		for errors.Is(err, ErrLocked) && time.Now().Before(deadline) && ctx.Err() == nil {
			time.Sleep(settlingStep)
			again, err = m.round()
		}
		if err != nil || !again {
			return err
		}
	}
	return recoverError(m.key, ErrBusy, "it does not hold still, others create and remove it all the time; try again")
}

// round takes one look, and acts on it. It tells whether there was something to
// do.
func (m *mender) round() (bool, error) {
	state, err := inspect("recover", m.key, m.place)
	if err != nil {
		return false, err
	}
	actions, err := plan(&state, m.policy)
	if err != nil || len(actions) == 0 {
		return false, err
	}
	return m.act(&state, actions)
}

func (m *mender) did(a Action) { m.done = append(m.done, a) }
