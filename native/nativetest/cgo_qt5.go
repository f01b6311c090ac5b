//go:build cgo && (linux || windows) && qt5

package nativetest

// Only the link to one Qt, for the reasons in native/cgo_qt5.go, and where
// guard.h and shim.h are.

/*
#cgo linux pkg-config: Qt5Core
#cgo windows LDFLAGS: -lQt5Core
#cgo CPPFLAGS: -I${SRCDIR}/..
#cgo CXXFLAGS: -std=c++17 -DQTB_QT=5
*/
import "C"
