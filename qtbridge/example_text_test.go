package qtbridge_test

import (
	"errors"
	"fmt"

	"golang.org/x/text/encoding/simplifiedchinese"

	"qtinterop/qtbridge"
)

// A Qt program that copies QString::utf16() has two bytes for each QChar.
func ExampleEncoding() {
	data, err := qtbridge.UTF16LE.Encode("共享")
	fmt.Printf("% x %v\n", data, err)

	// A segment that is larger than its text is zero after it.
	segment := append(data, make([]byte, 6)...)
	text, err := qtbridge.UTF16LE.DecodeToNUL(segment)
	fmt.Printf("%q %v\n", text, err)
	// Output:
	// 71 51 ab 4e <nil>
	// "共享" <nil>
}

// What toLocal8Bit() makes on a Chinese Windows.
func ExampleXText() {
	gbk := qtbridge.XText(simplifiedchinese.GBK)
	data, err := gbk.Encode("共享")
	fmt.Printf("% x %v\n", data, err)

	_, err = gbk.Encode("共享 😀")
	fmt.Println(errors.Is(err, qtbridge.ErrText))
	data, err = gbk.Replacing().Encode("共享 😀")
	fmt.Printf("% x %v\n", data, err)
	// Output:
	// b9 b2 cf ed <nil>
	// true
	// b9 b2 cf ed 20 3f 3f <nil>
}
