package send

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// explain puts a failure into a sentence for the vendor. It leaves out the
// address, which may hold a token, and everything that would map our network.
func (s *Sender) explain(ctx context.Context, err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	timeout, isNet := errors.AsType[net.Error](err)
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, noName := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, errPrivate):
		return "Refused: the address leads to a private or local network, which is allowed in a sandbox marketplace only."
	case errors.Is(ctx.Err(), context.Canceled):
		return "Stopped before an answer came; it is tried again."
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout() && !noName:
		return fmt.Sprintf("No answer within %s.", s.timeout)
	case noName:
		return "The host name was not found. Check its spelling and its DNS entry."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "The connection was refused: nothing listens at this address and port."
	case badCertificate:
		return "The certificate was not accepted: " + printable(err.Error())
	case errors.Is(err, http.ErrSchemeMismatch):
		return "The answer is not TLS. Does this port speak plain http?"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "The connection was closed without an answer."
	default:
		return "The request failed before an answer came."
	}
}

func explainStatus(status int) string {
	answer := fmt.Sprintf("Answered %d %s", status, http.StatusText(status))
	switch {
	case status >= 300 && status <= 399:
		return answer + ": redirects are not followed. Enter the final address."
	case status == http.StatusTooManyRequests:
		return answer + ": asked to slow down."
	default:
		return answer + "; only 2xx counts as delivered."
	}
}
