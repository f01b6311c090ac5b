//go:build cgo && (linux || windows) && !qt5

package nativetest

// Only the link to one Qt, for the reasons in native/cgo_qt6.go, and where
// guard.h and shim.h are.

/*
#cgo linux pkg-config: Qt6Core
#cgo windows LDFLAGS: -lQt6Core
#cgo CPPFLAGS: -I${SRCDIR}/..
#cgo CXXFLAGS: -std=c++17 -DQTB_QT=6
*/
import "C"
