package wusp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Kinds of cookies; each is good for its own purpose only.
const (
	cookieAuthorization = 1 + iota
	cookieSession
)

// maxCookieText bounds each text in a cookie, in bytes.
const maxCookieText = 255

// ticket is what a cookie says. Clients cannot read it into anything but
// what the server wrote, because it is authenticated; it is not secret.
type ticket struct {
	kind byte
	// generation is that of the store, config the server's last change.
	generation, config uint64
	expires            time.Time
	// since is the change that the client has seen last.
	since uint64
	// serial makes each cookie another one.
	serial                uint64
	client, domain, group string
}

const cookieFixed = 1 + 5*8

// seal returns the bytes of a cookie.
func (s *ticket) seal(key []byte) []byte {
	b := make([]byte, 0, cookieFixed+3+len(s.client)+len(s.domain)+len(s.group)+sha256.Size)
	b = append(b, s.kind)
	for _, n := range [...]uint64{
		s.generation, s.config, uint64(s.expires.UnixNano()), s.since, s.serial, //nolint:gosec // the bits are the value
	} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	for _, t := range [...]string{s.client, s.domain, s.group} {
		t = t[:min(len(t), maxCookieText)]
		b = append(b, byte(len(t)))
		b = append(b, t...)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(b)
	return mac.Sum(b)
}

// unseal reads a cookie. It is refused if it is of another kind, or if a
// single bit of it is not the server's.
func unseal(data, key []byte, kind byte) (ticket, bool) {
	var s ticket
	if len(data) < cookieFixed+3+sha256.Size || len(data) > cookieFixed+3*(1+maxCookieText)+sha256.Size {
		return s, false
	}
	b, sum := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	mac := hmac.New(sha256.New, key)
	mac.Write(b)
	if !hmac.Equal(mac.Sum(nil), sum) || b[0] != kind {
		return s, false
	}
	var numbers [5]uint64
	for i := range numbers {
		numbers[i] = binary.LittleEndian.Uint64(b[1+8*i:])
	}
	s.kind, s.generation, s.config, s.since, s.serial = kind, numbers[0], numbers[1], numbers[3], numbers[4]
	s.expires = time.Unix(0, int64(numbers[2])).UTC() //nolint:gosec // the bits are the value
	b = b[cookieFixed:]
	for _, t := range [...]*string{&s.client, &s.domain, &s.group} {
		if len(b) < 1 || len(b) < 1+int(b[0]) {
			return ticket{}, false
		}
		*t = string(b[1 : 1+int(b[0])])
		b = b[1+int(b[0]):]
	}
	return s, len(b) == 0
}
