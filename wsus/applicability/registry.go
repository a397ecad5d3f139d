package applicability

import (
	"encoding/hex"
	"iter"
	"strconv"
	"strings"
)

// RegistryType is the type of a registry value. The zero RegistryType is
// invalid.
type RegistryType uint8

// The registry types that rules and machine documents know.
const (
	RegSZ RegistryType = 1 + iota
	RegExpandSZ
	RegBinary
	RegDWord
	RegMultiSZ
	RegQWord
	RegFullResourceDescriptor
	RegNone
)

func (t RegistryType) token() string {
	switch t {
	case RegSZ:
		return "REG_SZ"
	case RegExpandSZ:
		return "REG_EXPAND_SZ"
	case RegBinary:
		return "REG_BINARY"
	case RegDWord:
		return "REG_DWORD"
	case RegMultiSZ:
		return "REG_MULTI_SZ"
	case RegQWord:
		return "REG_QWORD"
	case RegFullResourceDescriptor:
		return "REG_FULL_RESOURCE_DESCRIPTOR"
	case RegNone:
		return "REG_NONE"
	}
	return ""
}

// String is the type's name, such as "REG_SZ".
func (t RegistryType) String() string { return enumString("RegistryType", t.token(), uint8(t)) }

// AppendText appends the name; an invalid type is an error.
func (t RegistryType) AppendText(b []byte) ([]byte, error) {
	return enumAppend(b, "RegistryType", t.token(), uint8(t))
}

// MarshalText is the name; an invalid type is an error.
func (t RegistryType) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// UnmarshalText reads a name. On error the receiver is unchanged.
func (t *RegistryType) UnmarshalText(text []byte) error {
	w, err := ParseRegistryType(string(text))
	if err == nil {
		*t = w
	}
	return err
}

// ParseRegistryType reads a name exactly as String writes it.
func ParseRegistryType(s string) (RegistryType, error) {
	return enumParse("RegistryType", s, RegNone, RegistryType.token)
}

// RegistryTypes iterates over the types.
func RegistryTypes() iter.Seq[RegistryType] {
	return func(yield func(RegistryType) bool) {
		for t := RegSZ; t <= RegNone; t++ {
			if !yield(t) {
				return
			}
		}
	}
}

// RegistryValue is a typed registry value. Which field holds the data depends
// on Type: Text for REG_SZ and REG_EXPAND_SZ, Number for REG_DWORD and
// REG_QWORD, Texts for REG_MULTI_SZ, Bytes for the others.
type RegistryValue struct {
	Type   RegistryType
	Text   string
	Number uint64
	Texts  []string
	Bytes  []byte
}

// SZ is a REG_SZ value.
func SZ(text string) RegistryValue { return RegistryValue{Type: RegSZ, Text: text} }

// ExpandSZ is a REG_EXPAND_SZ value; text is not expanded.
func ExpandSZ(text string) RegistryValue { return RegistryValue{Type: RegExpandSZ, Text: text} }

// DWord is a REG_DWORD value.
func DWord(n uint32) RegistryValue { return RegistryValue{Type: RegDWord, Number: uint64(n)} }

// String is the type and the data, cut when it is long.
func (v RegistryValue) String() string {
	return v.Type.String() + " " + v.data()
}

// clean is the value without the fields that its type does not use.
func (v RegistryValue) clean() RegistryValue {
	c := RegistryValue{Type: v.Type}
	switch v.Type {
	case RegSZ, RegExpandSZ:
		c.Text = validText(v.Text)
	case RegDWord, RegQWord:
		c.Number = v.Number
	case RegMultiSZ:
		for _, s := range v.Texts {
			c.Texts = append(c.Texts, validText(s))
		}
	case RegBinary, RegFullResourceDescriptor, RegNone:
		c.Bytes = append(c.Bytes, v.Bytes...)
	}
	return c
}

func (v RegistryValue) data() string {
	switch v.Type {
	case RegSZ, RegExpandSZ:
		return quoteShort(v.Text)
	case RegDWord, RegQWord:
		return strconv.FormatUint(v.Number, 10)
	case RegMultiSZ:
		quoted := make([]string, 0, len(v.Texts))
		for _, s := range v.Texts {
			quoted = append(quoted, quoteShort(s))
		}
		return "[" + strings.Join(quoted, " ") + "]"
	case RegBinary, RegFullResourceDescriptor, RegNone:
		if len(v.Bytes) > maxShown {
			return hex.EncodeToString(v.Bytes[:maxShown]) + "..."
		}
		return hex.EncodeToString(v.Bytes)
	}
	return ""
}

// maxShown is how many bytes of a fact's text an explanation shows.
const maxShown = 120

// quoteShort quotes a text and cuts it when it is long.
func quoteShort(s string) string {
	if len(s) > maxShown {
		return strconv.Quote(strings.ToValidUTF8(s[:maxShown], "")) + "..."
	}
	return strconv.Quote(s)
}

func (k RegistryKey) String() string {
	if k.Wow32 {
		return k.Path + " (32-bit view)"
	}
	return k.Path
}
