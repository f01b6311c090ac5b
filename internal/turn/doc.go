// Package turn has those who mend things in a directory take turns, in all processes.
package turn
