package mp_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
)

func TestBearerTokens(t *testing.T) {
	t.Parallel()
	clients := map[string]string{"renewed-0123456789": clientA, "Az09-._~+/AAAAAAA==": clientB[5:]}
	for i := range 1000 {
		clients[fmt.Sprintf("token-number-%08d", i)] = fmt.Sprintf("GUID:5B0A7C1E-93D4-4F60-8E25-%012X", i)
	}
	b, err := mp.NewBearerTokens(clients)
	if err != nil {
		t.Fatal(err)
	}
	for token, id := range clients {
		for _, scheme := range []string{"Bearer ", "bearer ", "BEARER   "} {
			r := httptest.NewRequest("POST", "/", nil)
			r.Header.Set("Authorization", scheme+token)
			if got, err := b.Authenticate(r); got != (statemsg.Client{ID: id}).Normal().ID || err != nil {
				t.Fatalf("Authenticate(%s%s) = %q, %v, want %s", scheme, token, got, err, id)
			}
		}
	}
	var none mp.BearerTokens
	for _, value := range []string{"", "Bearer", "Bearer ", "token-number-00000001", "Bearer token-number-0000000", "Bearer token-number-00000001=", "Bearer TOKEN-NUMBER-00000001"} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Authorization", value)
		for _, b := range []*mp.BearerTokens{b, &none} {
			if got, err := b.Authenticate(r); got != "" || !errors.Is(err, mp.ErrUnauthenticated) || len(value) > 20 && strings.Contains(err.Error(), value[8:]) {
				t.Errorf("Authenticate(%s) = %q, %v, want ErrUnauthenticated", value, got, err)
			}
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", b, b, b); strings.Contains(text, "token-number") {
		t.Error("the table prints its tokens")
	}
}

func TestBearerTokensRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ token, id string }{
		{"", clientA},
		{strings.Repeat("a", mp.MinTokenBytes-1), clientA},
		{strings.Repeat("a", mp.MaxTokenBytes+1), clientA},
		{"secret secret secret", clientA},
		{"secret=secret=secret", clientA},
		{"secretsecretsecret\n", clientA},
		{"secretsecretsecr\xe9t", clientA},
		{"secretsecretsecret", ""},
		{"secretsecretsecret", "LAB-PC-07"},
	} {
		b, err := mp.NewBearerTokens(map[string]string{tt.token: tt.id})
		if b != nil || !errors.Is(err, mp.ErrConfig) {
			t.Errorf("NewBearerTokens(%q: %q) = %v, %v, want ErrConfig", tt.token, tt.id, b, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error has the token in it: %v", err)
		}
	}
	for _, token := range []string{strings.Repeat("a", mp.MinTokenBytes), strings.Repeat("a", mp.MaxTokenBytes)} {
		if _, err := mp.NewBearerTokens(map[string]string{token: clientA}); err != nil {
			t.Errorf("NewBearerTokens with a token of %d bytes = %v", len(token), err)
		}
	}
}
