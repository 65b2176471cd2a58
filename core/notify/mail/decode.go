package mail

import (
	"bytes"
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// decode reads a message that encode wrote, and when it was sent.
func decode(eml []byte) (Message, time.Time, error) {
	msg, err := gomail.EMLToMsgFromReader(bytes.NewReader(eml))
	if err != nil {
		return Message{}, time.Time{}, fmt.Errorf("message: %w", err)
	}
	from, to := msg.GetFrom(), msg.GetTo()
	if len(from) != 1 || len(to) != 1 {
		return Message{}, time.Time{}, fmt.Errorf("message: %d senders and %d recipients, not one each", len(from), len(to))
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(strings.Join(msg.GetGenHeader(gomail.HeaderSubject), ""))
	if err != nil {
		return Message{}, time.Time{}, fmt.Errorf("message subject: %w", err)
	}
	m := Message{
		ID:      strings.Trim(msg.GetMessageID(), "<>"),
		From:    Address{Name: from[0].Name, Email: from[0].Address},
		To:      Address{Name: to[0].Name, Email: to[0].Address},
		Subject: subject,
	}
	for _, part := range msg.GetParts() {
		content, err := part.GetContent()
		if err != nil {
			return Message{}, time.Time{}, fmt.Errorf("message part: %w", err)
		}
		text := strings.ReplaceAll(string(content), "\r\n", "\n")
		switch part.GetContentType() {
		case gomail.TypeTextPlain:
			m.Text = text
		case gomail.TypeTextHTML:
			m.HTML = text
		}
	}
	at, err := mail.ParseDate(strings.Join(msg.GetGenHeader(gomail.HeaderDate), ""))
	if err != nil {
		return Message{}, time.Time{}, fmt.Errorf("message date: %w", err)
	}
	return m, at.UTC(), nil
}
