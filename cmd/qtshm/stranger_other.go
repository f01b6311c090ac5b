//go:build !linux

package main

import "qtinterop/qtbridge"

func (x *examination) seekStrangers(qtbridge.Key, *qtbridge.State) {}

func (x *examination) examineStrangers() {}
