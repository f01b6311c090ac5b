package comment

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBlank(t *testing.T) {
	for text, want := range map[string]string{
		"u8 a// x":                             "u8 a    ",
		"u8 a/* // */;u8/**/b//*/\n;":          "u8 a        ;u8    b     ;",
		"/*/ u8 a; */u8 é\t:\r\n3":             "            u8 é :  3",
		"u8 a; /* // b\n":                      "u8 a; /* // b\n",
		"u8 a /":                               "u8 a /",
		strings.Repeat("/* //\n", 1<<17) + "x": strings.Repeat("/* //\n", 1<<17) + "x", // at once
	} {
		assert.Equal(t, want, Blank(text))
	}
}
