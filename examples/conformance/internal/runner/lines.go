package runner

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// errLongLine is the error of a line over the limit.
var errLongLine = errors.New("line too long")

// errNoLineEnd is the error of a last line that has no line end.
var errNoLineEnd = errors.New("the output ends within a line")

// line is what a subject wrote: a line without its end, or why there is none.
type line struct {
	text []byte
	// more says that something behind the line was already there when it was
	// read.
	more bool
	// behind is a second line, when it has been read already.
	behind []byte
	err    error
}

// readLines sends the lines of r to the channel until there is an error, which
// it sends as the last, or done is closed. It then closes the channel. A line
// has at most limit bytes.
func readLines(r io.Reader, limit int, lines chan<- line, done <-chan struct{}) {
	defer close(lines)
	br := bufio.NewReaderSize(r, 64<<10)
	for {
		l := readLine(br, limit)
		select {
		case lines <- l:
		case <-done:
			return
		}
		if l.err != nil {
			return
		}
	}
}

// readLine reads one line.
func readLine(br *bufio.Reader, limit int) line {
	var text []byte
	for {
		part, err := br.ReadSlice('\n')
		if len(text)+len(part) > limit+1 { // the line end is not counted
			return line{err: errLongLine}
		}
		text = append(text, part...)
		if err == nil {
			text = bytes.TrimSuffix(text, []byte("\n"))
			return line{text: bytes.TrimSuffix(text, []byte("\r")), more: br.Buffered() > 0}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if len(text) > 0 && errors.Is(err, io.EOF) {
			return line{text: text, err: errNoLineEnd}
		}
		return line{err: err}
	}
}
