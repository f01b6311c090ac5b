//go:build cgo

package qtbridge

import "qtinterop/internal/peertest"

func inWork(env *peertest.Env) string  { return env.Work }
func inOther(env *peertest.Env) string { return env.Other }

// Names have nothing to do with directories. Local\NAME is NAME; Global\NAME is
// another one.
var keyKinds = []keyKind{
	{"setKey", false, inOther, func(_ *peertest.Env, name string) (Key, string) {
		return QtKey(name), name
	}},
	{"native", true, inOther, func(_ *peertest.Env, name string) (Key, string) {
		return NativeKey(name), name
	}},
	{"native-here-Local-there", true, inWork, func(env *peertest.Env, name string) (Key, string) {
		return NativeKeyIn(env.Other, name), `Local\` + name
	}},
	{"native-Local-here", true, inWork, func(_ *peertest.Env, name string) (Key, string) {
		return NativeKey(`Local\` + name), name
	}},
	{"native-Global", true, inOther, func(_ *peertest.Env, name string) (Key, string) {
		return NativeKey(`Global\` + name), `Global\` + name
	}},
}
