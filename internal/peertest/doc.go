// Package peertest is what end-to-end tests need: a place of their own for key
// files ([Env]) and Qt processes to talk to ([Peer], from cpp/testpeer).
package peertest
