//go:build cgo && (linux || windows)

package qtbridge

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// What the two helper programs of Qt's tests play: a segment of 1024 bytes of
// which byte 0 tells whose turn it is, all under the lock. The producer puts 'Q'
// there and waits until it is something else, again and again, and at last 'E'.
// The consumer answers each 'Q' with a number. Each role is written once, and
// played by Go through qtbridge and by a Qt process through Qt.

const (
	marketSize   = 1024
	marketRounds = 1000 // Qt's play 5
	marketOffer  = 'Q'
	marketEnd    = 'E'
)

// marketAnswer is the answer to the n-th offer. Qt's helper counts on and on,
// which after more than 5 rounds would come to the letters.
func marketAnswer(n int) byte { return byte((n-1)%64) + 1 }

// player is a role: what it puts into byte 0 when it finds state there, the same
// to leave it, and errOver when its part is over.
type player func(state byte) (put byte, err error)

var errOver = errors.New("its part is over")

// stall is a player's place at the market.
type stall interface {
	// visit has the player look and act, under the lock.
	visit(ctx context.Context, play player) error
}

type goStall struct{ *Segment }

func (s goStall) visit(ctx context.Context, play player) error {
	return s.WithLock(ctx, func() error {
		var state [1]byte
		if _, err := s.ReadAt(state[:], 0); err != nil {
			return err
		}
		put, over := play(state[0])
		if put == state[0] {
			return over
		}
		_, err := s.WriteAt([]byte{put}, 0)
		return errors.Join(err, over)
	})
}

type qtStall struct{ *peertest.Peer }

func (s qtStall) visit(_ context.Context, play player) error {
	if _, err := s.call("shm.lock", nil); err != nil {
		return err
	}
	r, err := s.call("shm.read", peertest.Args{"length": 1})
	if err != nil {
		return err
	}
	state := r.Bytes()[0]
	put, over := play(state)
	if put != state {
		_, err = s.call("shm.write", peertest.Args{"data": []byte{put}})
	}
	_, unlockErr := s.call("shm.unlock", nil)
	return errors.Join(err, unlockErr, over)
}

// call is Must for a goroutine that is not the test's.
func (s qtStall) call(op string, args peertest.Args) (peertest.Reply, error) {
	r, err := s.Try(op, "m", args)
	if err == nil && (r.Fail != "" || r.Ret == false) {
		err = fmt.Errorf("testpeer: %s: %s%s", op, r.Fail, r.ErrorString)
	}
	return r, err
}

// patrol visits again and again until the player's part is over.
func patrol(ctx context.Context, s stall, play player) error {
	for {
		err := errors.Join(s.visit(ctx, play), ctx.Err())
		if errors.Is(err, errOver) {
			return nil
		}
		if err != nil {
			return err
		}
		time.Sleep(20 * time.Microsecond) // the helpers' is a millisecond
	}
}

func newProducer() player {
	offers := 0
	return func(state byte) (byte, error) {
		switch {
		case state == marketOffer:
			return state, nil
		case offers > 0 && state != marketAnswer(offers):
			return state, fmt.Errorf("offer %d was answered with %d", offers, state)
		case offers == marketRounds:
			return marketEnd, errOver
		}
		offers++
		return marketOffer, nil
	}
}

func newConsumer() player {
	answers := 0
	return func(state byte) (byte, error) {
		switch {
		case state == marketOffer:
			answers++
			return marketAnswer(answers), nil
		case state == marketEnd && answers == marketRounds:
			return state, errOver
		case state == marketEnd:
			return state, fmt.Errorf("the end came after %d offers", answers)
		}
		return state, nil
	}
}

// playMarket plays to the end and looks at what is left on the table.
func playMarket(t *testing.T, env *peertest.Env, key Key, producer, consumer stall) {
	t.Helper()
	ctx, cancel := context.WithCancel(within(t, time.Minute))
	defer cancel()
	results := make(chan error, 2)
	go func() { results <- patrol(ctx, producer, newProducer()) }()
	go func() { results <- patrol(ctx, consumer, newConsumer()) }()
	var errs []error
	for range cap(results) {
		err := <-results
		if err != nil {
			cancel() // the other one would wait in vain
		}
		errs = append(errs, err)
	}
	require.NoError(t, errors.Join(errs...))

	want := make([]byte, marketSize)
	want[0] = marketEnd
	segment, lock := keyFiles(t, key)
	same(t, paged(want), env.Raw(segment), "the observer")
	assert.Equal(t, 2, observer.Look(segment).Attached)
	assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
}

// In both directions the consumer comes first, and too early, as Qt's helpers
// are started.

func TestMarketGoProduces(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		peer.Do("shm.new", "m", peertest.Args{"key": key.Name()})
		require.Equal(t, "NotFound", peer.Do("shm.attach", "m", peertest.Args{"mode": "ReadWrite"}).Error)

		s := mustCreate(t, key, marketSize)
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		playMarket(t, env, key, goStall{s}, qtStall{peer})
		peer.Must("shm.detach", "m", nil)
		require.NoError(t, s.Close())
		require.NoError(t, peer.End())
		assert.Empty(t, env.Files(env.Tmp))
	})
}

func TestMarketGoConsumes(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, err := Attach(soon(t), key, ReadWrite)
		requireError(t, err, "attach", key, ErrNotFound)

		peer := env.Verbs(qt)
		peer.Do("shm.new", "m", peertest.Args{"key": key.Name()})
		peer.Must("shm.create", "m", peertest.Args{"size": marketSize})
		s := mustAttach(t, key, ReadWrite)
		playMarket(t, env, key, qtStall{peer}, goStall{s})
		require.NoError(t, s.Close())
		require.NoError(t, peer.End())
		assert.Empty(t, env.Files(env.Tmp))
	})
}
