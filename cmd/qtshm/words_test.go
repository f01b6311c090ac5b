package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goNames are what only programmers know, in a text of more than a word.
var goNames = regexp.MustCompile(`context (deadline|canceled)|\b(Recover|Policy|TakeKeyFile|NativeKeyIn|QtKey|NativeKey|PosixKey|Snapshot|WriteAt|ReadAt|Replacing|PublisherOptions|Inspect|List)\b`)

// No error that is written in qtbridge and below tells a user of qtshm of Go.
func TestNoGoInMessages(t *testing.T) {
	for _, dir := range []string{"qtbridge", "internal/ipc", "internal/sysv", "internal/posix", "internal/winobj", "internal/turn"} {
		source := os.DirFS("../../" + dir)
		names, err := fs.Glob(source, "*.go")
		require.NoError(t, err)
		require.NotEmpty(t, names)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := fs.ReadFile(source, name)
			require.NoError(t, err)
			file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					said, _ := strconv.Unquote(literal.Value)
					if strings.Contains(said, " ") {
						assert.NotRegexp(t, goNames, toolWords.Replace(said), "%s/%s", dir, name)
					}
				}
				return true
			})
		}
	}
}
