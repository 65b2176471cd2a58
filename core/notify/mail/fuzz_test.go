package mail

import (
	"testing"
	"time"
)

func FuzzDecode(f *testing.F) {
	f.Add([]byte("From: a@b.c\r\nTo: a@b.c\r\nDate: x\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\r\n--x--"))
	f.Fuzz(func(t *testing.T, eml []byte) {
		m, at, err := decode(eml)
		if err == nil && (m.From.Email == "" || m.To.Email == "" || at.Equal(time.Time{})) {
			t.Fatalf("half a message: %+v", m)
		}
	})
}
