//go:build cgo && (linux || windows)

package qtbridge

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// The text is that of the peer's Qt, which can have QNativeIpcKey where ours has not.
func TestIpcTextAgreesWithThePeer(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		if !peertest.HasIPCKeyVerbs(t, qt) {
			t.Log("the peer's Qt has no QNativeIpcKey")
			return
		}
		peer := env.Verbs(qt)
		names := slices.Clone(nastyNames)
		for range 1000 {
			names = append(names, randomName())
		}
		for i, name := range names {
			if strings.HasPrefix(name, "\ufeff") {
				continue // which the peer loses when it reads a request
			}
			kind := []keyType{systemVKey, posixKey, windowsKey, 84}[i%4]
			text := ipcText(kind.word(), name, "")
			require.Equal(t, text, peer.Do("key.toString", "", peertest.Args{"key": name, "type": kind}).Ret, "%q", name)
			parsed := peer.Do("key.fromString", "", peertest.Args{"key": text})
			require.Equal(t, []any{name, int(kind)}, []any{parsed.NativeKey, parsed.Type}, "%q", text)

			legacy, _ := peer.Do("shm.legacyNativeKey", "", peertest.Args{"key": name, "type": nativeKeyType}).Ret.(string)
			key, err := ParseKey(legacy)
			require.NoError(t, err, "%q", legacy)
			require.Equal(t, name, key.LegacyKey())
			require.Equal(t, legacy, key.String())
			require.True(t, strings.HasSuffix(legacy, "?legacyKey="+escape(name, "%#&=")))
		}
	})
}
