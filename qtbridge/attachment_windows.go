package qtbridge

// guard does nothing: to detach only closes a handle, and removes nothing that
// anybody else could be about to use.
func (a *attachment) guard() bool { return false }
