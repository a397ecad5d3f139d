package statemsg

import (
	"encoding/binary"
	"hash/crc32"
)

// SealOutbox puts the magic, the version and a right checksum around the body
// of a stored outbox.
func SealOutbox(body []byte) []byte {
	data := append([]byte(outboxMagic), outboxVersion)
	data = append(data, body...)
	return binary.LittleEndian.AppendUint32(data, crc32.Checksum(data, castagnoli))
}
