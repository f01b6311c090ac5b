//go:build cgo

package qtbridge

import (
	"path/filepath"

	"qtinterop/internal/peertest"
)

func inWork(env *peertest.Env) string { return env.Work }

func inOther(env *peertest.Env) string { return env.Other }

var keyKinds = []keyKind{
	{"setKey", false, inOther, func(_ *peertest.Env, name string) (Key, string) {
		return QtKey(name), name
	}},
	{"native-relative-same-directory", true, inWork, func(_ *peertest.Env, name string) (Key, string) {
		return NativeKey(name), name
	}},
	{"native-relative-other-directory", true, inOther, func(env *peertest.Env, name string) (Key, string) {
		return NativeKeyIn(env.Other, name), name
	}},
	{"native-absolute", true, inOther, func(env *peertest.Env, name string) (Key, string) {
		path := filepath.Join(env.Work, name)
		return NativeKey(path), path
	}},
}
