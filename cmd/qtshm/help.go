package main

// perSystem is what a help says on the system that qtshm runs on.
func perSystem(elsewhere, windows string) string {
	if hasKeyFiles {
		return elsewhere
	}
	return windows
}
