//go:build cgo

package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// Local8Bit is the code page of the system, which has not all characters: what
// it lacks is an error here, and the same as Qt makes with Replacing.
func TestLocal8BitThatLacksCharacters(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		// No code page but UTF-8, which Windows has only if it is told to, has all of it.
		const text = "aé共ж한😀"
		theirs := peer.Do("text.encode", "", peertest.Args{"encoding": "Local8Bit", "text": text}).Bytes()
		if string(theirs) == text {
			t.Skip("the code page is UTF-8")
		}
		_, err := Local8Bit.Encode(text)
		requireTextError(t, err, "encode")
		data, err := Local8Bit.Replacing().Encode(text)
		require.NoError(t, err)
		assert.Equal(t, theirs, data)
		assert.Contains(t, string(data), "?")
		_, err = Local8Bit.Encode("é\xff")
		e := requireTextError(t, err, "encode")
		assert.Contains(t, e.Msg, "the byte 0xff at 2 is not UTF-8")
	})
}
