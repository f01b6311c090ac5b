package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSupportedQts(t *testing.T) {
	for qt, want := range map[string]bool{
		"5.15.8": true, "6.4.2": true, "6.5.3": true, "6.6.0": false, "6.10.1": false, "7.0.0": false, "": false,
	} {
		assert.Equal(t, want, supported(qt), qt)
	}
}
