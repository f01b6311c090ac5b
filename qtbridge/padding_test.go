package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestUnpadded(t *testing.T) {
	const page = 4096
	pages := func(n int, at ...int) []byte {
		data := make([]byte, n*page)
		for _, i := range at {
			data[i] = 1
		}
		return data
	}
	for _, row := range []struct {
		data  []byte
		width int
		want  int
	}{
		{nil, 1, 0},
		{[]byte("a\x00"), 1, 2},
		{pages(1), 1, 1},
		{pages(1), 2, 2},
		{pages(1, 5), 1, 6},
		{pages(1, 5), 2, 6},
		{pages(1, 4), 2, 6},
		{pages(1, page-1), 1, page},
		{pages(2, 7), 1, page + 1},
		{pages(2, page+7), 4, page + 8},
		{pages(2)[1:], 1, 2*page - 1},
	} {
		assert.Len(t, unpadded(row.data, row.width, page), row.want)
		assert.Len(t, unpadded(row.data, row.width, 1), len(row.data), "sizes are exact")
	}
}
