//go:build !unix && !windows

package qtbridge

// Without a Unix there is no Qt to work with yet, and nothing to find out.

func ownerOf(string) string { return "another user" }
