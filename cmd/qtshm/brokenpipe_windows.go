package main

import "golang.org/x/sys/windows"

// brokenPipes are the errors of a write that nobody reads any more.
var brokenPipes = []error{windows.ERROR_BROKEN_PIPE, windows.ERROR_NO_DATA}
