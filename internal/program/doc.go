// Package program runs finished Qt programs, which know no protocol, and sees from outside
// what they do with a key.
package program
