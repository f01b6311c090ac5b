package qtbridge

import "fmt"

// enumText is the text of a value of a type that counts them, or what it is and
// its number where there is none.
func enumText[E ~int](value E, texts []string, noun string) string {
	if value < 0 || int(value) >= len(texts) || texts[value] == "" {
		return fmt.Sprintf("%s %d", noun, int(value))
	}
	return texts[value]
}
