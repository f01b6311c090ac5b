// Package comment knows the comments of C++, for texts that are written much as that.
package comment

import "strings"

// Blank has spaces in the place of comments, line ends and tabs. A comment without
// an end stays.
func Blank(text string) string {
	plain := []byte(text)
	for at := 0; at < len(text); at++ {
		switch n := lengthAt(text[at:]); {
		case n < 0:
			return string(plain)
		case n > 0:
			copy(plain[at:], strings.Repeat(" ", n))
			at += n - 1
		case text[at] >= '\t' && text[at] <= '\r':
			plain[at] = ' '
		}
	}
	return string(plain)
}

// lengthAt is how long the comment is that text begins with: 0 if it begins with none, and
// less if it has no end.
func lengthAt(text string) int {
	switch {
	case strings.HasPrefix(text, "//"):
		if n := strings.IndexByte(text, '\n'); n > 0 {
			return n
		}
		return len(text)
	case strings.HasPrefix(text, "/*"):
		n := strings.Index(text[2:], "*/")
		if n < 0 {
			return -1
		}
		return 2 + n + 2
	}
	return 0
}
