//go:build cgo

package qtbridge

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"qtinterop/internal/peertest"
)

// codePages is what toLocal8Bit() makes of U+00E9 U+5171 in ANSI code pages. In
// 1251 an e is near enough to é.
var codePages = map[uint32]string{1252: "e93f", 936: "a8a6b9b2", 1251: "653f"}

// Go and a Qt process make the same bytes, and read each other's, in the code
// page that both are in. Under Wine that is the one of LC_ALL: scripts/windows
// runs this test in three.
func TestLocal8BitOfTheCodePage(t *testing.T) {
	page := windows.GetACP()
	t.Logf("code page %d", page)
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		sampled := hex.EncodeToString(peer.Do("hello", "", nil).LocalSample)
		if want, ok := codePages[page]; ok {
			require.Equal(t, want, sampled)
		}
		ours, err := Local8Bit.Replacing().Encode("é共")
		require.NoError(t, err)
		assert.Equal(t, sampled, hex.EncodeToString(ours))

		fromGo, fromQt := nativeKey(env), nativeKey(env)
		data, err := Local8Bit.Replacing().Encode(sample)
		require.NoError(t, err)
		s := mustCreate(t, fromGo, len(data))
		_, err = s.WriteAt(data, 0)
		require.NoError(t, err)
		writer := env.Start(qt, env.Work, "writer", fromQt.Name())
		writer.Line(sample)
		_, err = writer.ReadLine()
		require.NoError(t, err)
		raw := env.Raw(fromQt.Name())
		assert.Equal(t, raw, env.Raw(fromGo.Name()), "Go makes other bytes than Qt")

		theirs := peer.Do("text.decode", "", peertest.Args{"encoding": "Local8Bit", "base64": data}).Ret
		got, err := mustAttach(t, fromQt, ReadOnly).Snapshot(soon(t), nil)
		require.NoError(t, err)
		text, err := Local8Bit.Decode(got)
		require.NoError(t, err)
		assert.Equal(t, theirs, text)
		require.NoError(t, writer.End())
	})
}

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
