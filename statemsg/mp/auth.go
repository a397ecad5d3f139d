package mp

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/updatescan/updatescan/statemsg"
)

// ErrUnauthenticated is wrapped by the error of an [Authenticator] that knows
// nobody by the credential of a request, and by the error of a [Client] that
// was answered so. The report itself is not refused for good: it passes with a
// valid credential.
var ErrUnauthenticated = errors.New("mp: unauthenticated")

// Authenticator says which client has sent a request.
//
// Authenticate returns the client's id, as in [statemsg.Client]. It must go by
// what the request proves and by nothing that it merely says; it must not read
// the body. An error that wraps [ErrUnauthenticated] means that there is no
// valid credential (401); any other, that it could not be checked now (503). It
// is called concurrently, may block, and then heeds the request's context.
// Errors are logged: they must not have the credential in them.
//
// Challenge is the value of WWW-Authenticate that tells what is wanted.
type Authenticator interface {
	Authenticate(r *http.Request) (clientID string, err error)
	Challenge() string
}

// Bounds of a bearer token, in bytes.
const (
	MinTokenBytes = 16
	MaxTokenBytes = 4096
)

// BearerTokens is an [Authenticator] by a table of tokens (RFC 6750). It keeps
// SHA-256 hashes of them and no token. Use [NewBearerTokens] or
// [NewBearerHashes]: the zero value knows nobody. Safe for concurrent use. The
// table does not change; to renew tokens let both, old and new, stand for the
// client for a while.
type BearerTokens struct {
	// Found by the first four bytes of the hash, and then compared in constant
	// time. Which bytes of a hash are compared when tells nothing about a token.
	byStart map[uint32][]hashedToken
}

type hashedToken struct {
	hash   [sha256.Size]byte
	client string
}

// NewBearerTokens returns a table of tokens and the ids of the clients that
// they stand for. Several tokens may stand for one client. A token has to have
// from MinTokenBytes to MaxTokenBytes letters, digits or -._~+/ and any = at its
// end, and should have 128 random bits or more: there is no limit to guessing. A
// bad token or client id is refused with an error that wraps [ErrConfig] and
// does not have the token in it.
func NewBearerTokens(clients map[string]string) (*BearerTokens, error) {
	hashes := make(map[[sha256.Size]byte]string, len(clients))
	for token, id := range clients {
		if reason := badToken(token); reason != "" {
			return nil, fmt.Errorf("%w: the token of client %.64q: %s", ErrConfig, id, reason)
		}
		hashes[HashToken(token)] = id
	}
	return NewBearerHashes(hashes)
}

// NewBearerHashes is [NewBearerTokens] for a table that holds tokens as
// [HashToken] makes them.
func NewBearerHashes(clients map[[sha256.Size]byte]string) (*BearerTokens, error) {
	t := &BearerTokens{byStart: make(map[uint32][]hashedToken, len(clients))}
	for hash, id := range clients {
		c := statemsg.Client{ID: id}.Normal()
		if err := c.Validate(); err != nil {
			return nil, fmt.Errorf("%w: bearer tokens: %w", ErrConfig, err)
		}
		start := binary.BigEndian.Uint32(hash[:])
		t.byStart[start] = append(t.byStart[start], hashedToken{hash, c.ID})
	}
	return t, nil
}

// HashToken is the SHA-256 of a token.
func HashToken(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// Authenticate looks up the token of the header Authorization.
func (t *BearerTokens) Authenticate(r *http.Request) (clientID string, err error) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return "", fmt.Errorf("%w: %d headers Authorization", ErrUnauthenticated, len(values))
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", fmt.Errorf("%w: another scheme than Bearer", ErrUnauthenticated)
	}
	hash := HashToken(strings.Trim(token, " "))
	for _, known := range t.byStart[binary.BigEndian.Uint32(hash[:])] {
		if subtle.ConstantTimeCompare(known.hash[:], hash[:]) == 1 {
			return known.client, nil
		}
	}
	return "", fmt.Errorf("%w: unknown token", ErrUnauthenticated)
}

// Challenge asks for a bearer token.
func (t *BearerTokens) Challenge() string { return `Bearer realm="statemsg"` }

// badToken says what is wrong with a token, without repeating it.
func badToken(token string) string {
	if len(token) < MinTokenBytes || len(token) > MaxTokenBytes {
		return fmt.Sprintf("%d bytes, want %d to %d", len(token), MinTokenBytes, MaxTokenBytes)
	}
	const others = "-._~+/"
	for i, c := range []byte(strings.TrimRight(token, "=")) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte(others, c) < 0 {
			return fmt.Sprintf("byte %d cannot be in a token", i)
		}
	}
	return ""
}
