//go:build cgo && (linux || windows) && !qt5

package native

// Only the link to one Qt, in a file of its own: cgo lines that depend on a tag
// within one file make the build cache link the wrong Qt (golang/go#73033). For
// Windows there is no pkg-config: CGO_CXXFLAGS and CGO_LDFLAGS say where Qt is.
// On Linux pkg-config finds it through a file whose name is what to do without it:
// that is all one can add to the error of pkg-config.

/*
#cgo linux pkg-config: ./apt-get_install_g++_pkg-config_qt6-base-dev__or_build_with_-tags_qt5.pc
#cgo windows LDFLAGS: -lQt6Core
#cgo CXXFLAGS: -std=c++17 -DQTB_QT=6
*/
import "C"
