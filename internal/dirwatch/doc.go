// Package dirwatch tells when one of some files in a directory comes or goes: on
// Linux, by inotify.
package dirwatch
