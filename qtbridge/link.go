package qtbridge

import (
	"os"
	"path/filepath"
)

// linkTo makes a symbolic link to path, in a directory of its own, until remove.
// With it Qt finds the System V key of path, and deletes the link instead of path.
func linkTo(op string, key Key, path string) (link string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "qtbridge")
	if err != nil {
		return "", nil, linkError(op, key, err)
	}
	link = filepath.Join(dir, "key")
	remove = func() { // each by its name, since RemoveAll takes descriptors
		_ = os.Remove(link)
		_ = os.Remove(dir)
	}
	if err := os.Symlink(path, link); err != nil {
		remove()
		return "", nil, linkError(op, key, err)
	}
	return link, remove, nil
}

func linkError(op string, key Key, err error) error {
	return &Error{Op: op, Key: key, Code: ErrResources, Err: err,
		Msg: "no link to " + key.name + " can be made: " + err.Error() + "; set TMPDIR to a directory that can be written to"}
}
