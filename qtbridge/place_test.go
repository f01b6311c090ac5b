package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"qtinterop/native"
)

func TestSupportedQts(t *testing.T) {
	for _, row := range []struct {
		compiled, running string
		without, withKeys bool // whether it is supported
	}{
		{"5.15.8", "5.15.8", true, true},
		{"6.4.2", "6.4.2", true, true},
		{"6.4.2", "6.5.3", true, true},
		{"6.4.2", "6.6.0", false, true},
		{"6.4.2", "6.10.1", false, true},
		{"6.8.2", "6.8.2", false, true},
		{"6.6.0", "6.11.2", false, true},
		{"5.15.8", "6.8.2", false, false},
		{"6.8.2", "5.15.8", false, false},
		{"7.0.0", "7.0.0", false, false},
		{"6.4.2", "", false, false},
		{"", "", false, false},
	} {
		assert.Equal(t, row.without, supported(row.compiled, row.running, false), "%s, %s", row.compiled, row.running)
		assert.Equal(t, row.withKeys, supported(row.compiled, row.running, true), "%s, %s", row.compiled, row.running)
	}
}

func TestTwoMajorsOfQtAreUnsupported(t *testing.T) {
	assert.ErrorIs(t, qtError("attach", QtKey("k"), native.ErrMixed), ErrUnsupported)
}
