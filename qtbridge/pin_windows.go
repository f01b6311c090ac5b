package qtbridge

// pin has nothing to do where there are no key files.
func pin(_ string, _ Key, path string) (pinned string, unpin func(), err error) {
	return path, func() {}, nil
}
