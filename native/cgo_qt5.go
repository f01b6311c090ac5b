//go:build cgo && (linux || windows) && qt5

package native

// Only the link to one Qt, in a file of its own: cgo lines that depend on a tag
// within one file make the build cache link the wrong Qt (golang/go#73033). For
// Windows there is no pkg-config: CGO_CXXFLAGS and CGO_LDFLAGS say where Qt is.

/*
#cgo linux pkg-config: Qt5Core
#cgo windows LDFLAGS: -lQt5Core
#cgo CXXFLAGS: -std=c++17 -DQTB_QT=5
*/
import "C"
