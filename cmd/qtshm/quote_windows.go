package main

import "strings"

// quote is text as a word of the command line of cmd.exe or of PowerShell.
func quote(text string) string {
	plain := strings.Trim(text, `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:./\`)
	if text != "" && plain == "" {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`
}
