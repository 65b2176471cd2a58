package main

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

// readPassword reads one line. A password is never a flag: other users of the
// machine could read it.
func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", fault.InvalidField("--password-stdin", "There was no password on standard input.")
	}
	return line, nil
}
