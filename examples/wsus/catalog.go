package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// Bounds of a catalogue.
const (
	maxFileBytes  = metadata.DefaultMaxFileBytes
	maxTotalBytes = metadata.DefaultMaxTotalBytes
)

// catalogue is what was read.
type catalogue struct {
	files    int
	skipped  []string
	software []compliance.UpdateID
}

// load publishes what a folder or an archive holds.
func load(store *wusp.Store, name string) (catalogue, error) {
	info, err := os.Stat(name)
	if err != nil {
		return catalogue{}, err
	}
	if info.IsDir() {
		return loadFS(store, os.DirFS(name))
	}
	z, err := zip.OpenReader(name)
	if err != nil {
		return catalogue{}, fmt.Errorf("%s: %w", name, err)
	}
	defer z.Close()
	return loadFS(store, z)
}

func loadFS(store *wusp.Store, fsys fs.FS) (catalogue, error) {
	var c catalogue
	var documents [][]byte
	total := int64(0)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch strings.ToLower(path.Ext(name)) {
		case ".sdp", ".xml":
		default:
			c.skipped = append(c.skipped, name)
			return nil
		}
		data, err := read(fsys, name)
		if err != nil {
			return err
		}
		if total += int64(len(data)); total > maxTotalBytes {
			return fmt.Errorf("%s: more than %d bytes in all", name, int64(maxTotalBytes))
		}
		updates, err := metadata.Parse(data, metadata.Options{Origin: name})
		if errors.Is(err, metadata.ErrForm) {
			c.skipped = append(c.skipped, name)
			return nil
		}
		if err != nil {
			return err
		}
		for i := range updates {
			if updates[i].Kind == wsus.KindSoftware && updates[i].Action != wsus.ActionBundle {
				c.software = append(c.software, updates[i].ID)
			}
		}
		c.files++
		documents = append(documents, data)
		return nil
	})
	if err != nil {
		return catalogue{}, err
	}
	return c, store.Publish(documents...)
}

// read reads a file up to the bound.
func read(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(data) > maxFileBytes {
		err = fmt.Errorf("%s: larger than %d bytes", name, maxFileBytes)
	}
	return data, err
}
