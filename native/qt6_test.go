//go:build !qt5

package native

const (
	wantMajor = "6"
	buildTags = ""
)
