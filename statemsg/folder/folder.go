// Package folder is a transport that writes each report to a file of its own in
// one folder, in the wire form, whole or not at all.
//
// A report is named after the client and the first serial number:
//
//	0e6cf4ac-2853-48aa-825b-8fe28206575f-00000000000000000017.xml
//
// with the client's GUID in lower case and the serial number in 20 digits, so
// the names of a client's reports sort in the order of sending. The same
// report sent again meets its own file and is acknowledged without being
// written. A different report under the same name is refused, and the file
// left as it is.
//
// A report is written to a temporary file beside its place, with ".tmp" after
// the name, made durable, and renamed. A temporary file that a crash has left is
// overwritten when the report is sent again; readers of the folder skip those.
// A report whose first message has no serial number, which is 0, has no name
// and is refused.
// Reports of one client must be written by one process at a time.
package folder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/updatescan/updatescan/statemsg"
)

// ErrOther is wrapped by the error for a report whose file is there with other
// content. The error wraps [statemsg.ErrRejected] too: sending it again does
// not help.
var ErrOther = errors.New("another report has this name")

// What [Transport.Send] refuses before it writes anything.
var (
	// ErrNoFolder means that the transport was not made by [New].
	ErrNoFolder = errors.New("the transport has no folder")
	// ErrNoReport means that the report is nil.
	ErrNoReport = errors.New("the report is nil")
	// ErrNoSerial means that the first message of a report has no serial
	// number, so that the report has no name of its own. The outbox gives
	// every message one (MSG-5).
	ErrNoSerial = errors.New("the first message has no serial number")
)

// Transport is a [statemsg.Transport] into a folder. Use [New]: the zero
// Transport refuses every report. Safe for concurrent use.
type Transport struct {
	dir string

	mu  sync.Mutex
	buf []byte
}

// New returns a transport into the folder dir, which must exist.
func New(dir string) (*Transport, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("folder: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("folder: %s is not a folder", dir)
	}
	return &Transport{dir: dir}, nil
}

// Name is the name of the file of a report, without the folder. The error wraps
// [ErrNoReport], a [*statemsg.ClientError], [statemsg.ErrNoMessages] or
// [ErrNoSerial].
func Name(r *statemsg.Report) (string, error) {
	if r == nil {
		return "", fmt.Errorf("folder: %w", ErrNoReport)
	}
	client := r.Client.Normal()
	if err := client.Validate(); err != nil {
		return "", fmt.Errorf("folder: %w", err)
	}
	if len(r.Messages) == 0 {
		return "", fmt.Errorf("folder: %w", statemsg.ErrNoMessages)
	}
	if r.Messages[0].Serial == 0 { // MSG-5
		return "", fmt.Errorf("folder: %w", ErrNoSerial)
	}
	_, guid, _ := strings.Cut(client.ID, ":")
	return fmt.Sprintf("%s-%020d.xml", strings.ToLower(guid), r.Messages[0].Serial), nil
}

// Send writes the report. When it returns nil the file is durable under its
// name, with exactly the bytes of [statemsg.AppendReport]. After an error there
// is no file under that name, or one that is whole. A report that [Name] or
// AppendReport refuses is not written, and the error wraps
// [statemsg.ErrRejected] too.
func (t *Transport) Send(ctx context.Context, r *statemsg.Report) error {
	if t == nil || t.dir == "" {
		return fmt.Errorf("folder: %w", ErrNoFolder)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	name, err := Name(r)
	if err != nil {
		return fmt.Errorf("%w: %w", err, statemsg.ErrRejected)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.buf, err = statemsg.AppendReport(t.buf[:0], r); err != nil {
		return fmt.Errorf("folder: %w: %w", err, statemsg.ErrRejected)
	}
	path := filepath.Join(t.dir, name)
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = t.write(path)
	} else if err == nil {
		err = t.again(path, old)
	}
	if err != nil {
		return fmt.Errorf("folder: %s: %w", name, err)
	}
	return nil
}

// write writes the report to a new file.
func (t *Transport) write(path string) (err error) {
	temp := path + ".tmp"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(t.buf)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return t.syncDir()
}

// again acknowledges a report whose file is there. The crash that made the
// sender repeat it may have come before the file was durable.
func (t *Transport) again(path string, old []byte) error {
	if !bytes.Equal(old, t.buf) {
		return fmt.Errorf("%w: %w", ErrOther, statemsg.ErrRejected)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return t.syncDir()
}

// syncDir makes the names in the folder durable. Windows does so by itself and
// cannot be asked to.
func (t *Transport) syncDir() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(t.dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
