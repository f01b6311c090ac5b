package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSupportedQts(t *testing.T) {
	for _, row := range []struct {
		compiled, running string
		want              bool
	}{
		{"5.15.8", "5.15.8", true}, {"6.4.2", "6.4.2", true}, {"6.4.2", "6.5.3", true}, {"6.8.2", "6.8.2", true}, {"6.6.0", "6.11.2", true},
		{"6.4.2", "6.6.0", false}, {"6.4.2", "6.10.1", false}, {"5.15.8", "6.8.2", false}, {"6.8.2", "5.15.8", false},
		{"7.0.0", "7.0.0", false}, {"6.4.2", "", false}, {"", "", false},
	} {
		assert.Equal(t, row.want, supported(row.compiled, row.running), "%s, %s", row.compiled, row.running)
	}
}
