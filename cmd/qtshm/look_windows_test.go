//go:build cgo

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// What Windows does not tell has no columns and no fields.
func TestLsOnWindows(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(plainName(env)[:12])
		peer := env.Verbs(qt)
		makes(peer, key, 4711)
		program := fmt.Sprintf("testpeer-qt%d.exe", qt)
		segment, lock, err := key.KeyFiles()
		require.NoError(t, err)
		out := ok(t, "ls", "--wide")
		assert.Regexp(t, `^NAME +KIND +SIZE +ATT +USERS +LOCK +VERDICT\n`, out)
		assert.Regexp(t, `(?m)^`+key.Name()+` +both +8192 +1 +\d+/`+program+` +free +live$`, out)
		for line := range strings.Lines(ok(t, "ls", "--json")) {
			var entry map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &entry))
			if entry["key"] == key.String() {
				assert.Equal(t, map[string]any{
					"kind": "both", "key": key.String(), "name": key.Name(), "verdict": "live", "strays": []any{},
					"segment": map[string]any{"object": segment, "exists": true, "size": 8192., "attached": 1.},
					"lock":    map[string]any{"object": lock, "exists": true, "state": "free", "value": 1.},
					"users":   []any{map[string]any{"pid": float64(peer.PID()), "alive": true, "program": program}},
				}, entry)
				return
			}
		}
		t.Error("not in the JSON")
	})
}

// A segment in the other namespace is pointed at, if it may be made there.
func TestDoctorOtherNamespace(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := env.Name()
		peer := env.Verbs(qt)
		global := qtbridge.NativeKey(`Global\` + name)
		makes(peer, global, 5)
		require.NotNil(t, observer.Look(global.Name()))
		f := found(t, []string{"native:" + name}, "other-namespace")
		assert.Equal(t, "qtshm doctor "+global.String(), f[0].Command)
		peer.Do("shm.delete", global.String(), nil)
		makes(peer, qtbridge.NativeKey(name), 5)
		found(t, []string{global.String()}, "other-namespace")
		f = found(t, []string{fmt.Sprintf("native:Local\\%s", name)})
		assert.Empty(t, f)
	})
}
