//go:build !linux && !windows

package qtbridge

func pin(op string, key Key, path string) (pinned string, unpin func(), err error) {
	return linkTo(op, key, path)
}
