//go:build cgo && (linux || windows)

package native

// #include "shim.h"
import "C"

// NativeIpcKey is a QNativeIpcKey, which Qt has since 6.6: see [HasNativeIpcKeys]. Like
// it, it is a value, and == is operator==(). The zero value is an invalid key.
type NativeIpcKey struct {
	nativeKey string
	keyType   KeyType
	text      string // toString(), which alone tells of a legacy key
}

// DefaultTypeForOs is QNativeIpcKey::DefaultTypeForOs.
func DefaultTypeForOs() KeyType { return KeyType(C.qtb_key_default_type()) }

// LegacyDefaultTypeForOs is QNativeIpcKey::legacyDefaultTypeForOs(), the type of keys
// that are given without one.
func LegacyDefaultTypeForOs() KeyType { return KeyType(C.qtb_key_legacy_default_type()) }

// NewNativeIpcKey is QNativeIpcKey(key, t).
func NewNativeIpcKey(key string, t KeyType) NativeIpcKey {
	text := keyOf(key, t, func(p *C.char, n C.size_t, t C.uint16_t) C.qtb_result {
		return C.qtb_key_to_string(p, n, t)
	})
	return NativeIpcKey{nativeKey: key, keyType: t, text: text}
}

// ParseNativeIpcKey is QNativeIpcKey::fromString(s). It is the invalid key if s is no
// text of a key, and on Qt before 6.6.
func ParseNativeIpcKey(s string) NativeIpcKey {
	if !HasNativeIpcKeys() {
		return NativeIpcKey{}
	}
	p, n := chars(s)
	r := C.qtb_key_parse(p, n)
	nativeKey := text(r)
	if r.value == 0 {
		return NativeIpcKey{}
	}
	t := KeyType(r.value)
	return NativeIpcKey{nativeKey: nativeKey, keyType: t, text: withType(s, t)}
}

// checkText is the error of a method that is given a text which is no key, or such a
// key at all by an older Qt.
func checkText(method, s string) error {
	if err := mixed(); err != nil {
		return err
	}
	p, n := chars(s)
	r := C.qtb_key_parse(p, n)
	if r.value != 0 {
		_ = text(r)
		return nil
	}
	return answer(method, nil, r, nil)
}

// String is toString(), empty if the key is invalid, and on Qt before 6.6.
func (k NativeIpcKey) String() string { return k.text }

// IsValid is isValid().
func (k NativeIpcKey) IsValid() bool { return k.keyType != 0 }

// IsEmpty is isEmpty().
func (k NativeIpcKey) IsEmpty() bool { return k.nativeKey == "" }

// NativeKey is nativeKey().
func (k NativeIpcKey) NativeKey() string { return k.nativeKey }

// SetNativeKey is setNativeKey(key): the legacy key is gone then.
func (k *NativeIpcKey) SetNativeKey(key string) { *k = NewNativeIpcKey(key, k.keyType) }

// Type is type().
func (k NativeIpcKey) Type() KeyType { return k.keyType }

// SetType is setType(t).
func (k *NativeIpcKey) SetType(t KeyType) {
	if k.text == "" {
		*k = NewNativeIpcKey(k.nativeKey, t)
		return
	}
	k.text = withType(k.text, t)
	k.keyType = t
}

// withType is the text of the key of text s, which is valid, with another type.
func withType(s string, t KeyType) string {
	return keyOf(s, t, func(p *C.char, n C.size_t, t C.uint16_t) C.qtb_result {
		return C.qtb_key_set_type(p, n, t)
	})
}

// keyOf is what call makes of a text and a type, empty if Qt has no such keys.
func keyOf(s string, t KeyType, call func(*C.char, C.size_t, C.uint16_t) C.qtb_result) string {
	if !HasNativeIpcKeys() {
		return ""
	}
	p, n := chars(s)
	return value(call(p, n, C.uint16_t(t)))
}
