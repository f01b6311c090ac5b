package main

// What the system has that others have not: Windows finds objects by name, tells
// neither ids nor owners nor processes of them, and undoes nothing.
const (
	hasKeyFiles      = false
	undoesSemaphores = false
	ipcName          = "windows"
	ipcText          = "named objects of Windows"
)

// unknownColumns are those that tables leave out here.
var unknownColumns = []string{"OWNER", "CREATOR", "LAST", "AGE"}
