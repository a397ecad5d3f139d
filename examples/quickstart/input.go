package main

import (
	"archive/zip"
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/metadata"
)

//go:embed sample
var sample embed.FS

// input is what the program works on.
type input struct {
	machine *applicability.Document
	// catalog is what the server has at first, and next what a later
	// synchronization brings; nil when nothing new comes.
	catalog, next *wsus.Catalog
	// documents are the files of catalog, and news what next has more.
	documents, news [][]byte
	// wire is another WSUS than the program's own, else nil.
	wire *wire
	// sample says that the machine is the sample's, so that its updates can
	// be installed for real.
	sample bool
	files  int
}

// load reads the catalogue and the machine. A fault is an error of usage that
// says which file and where.
func load(ctx context.Context, opt options) (*input, error) {
	in := &input{sample: opt.catalog == "" && opt.facts == "" && opt.wsus == ""}
	name := opt.facts
	data, err := readFacts(name)
	if name == "" {
		name = "sample/machine.json"
	}
	if err != nil {
		return nil, fmt.Errorf("%w: -facts: %w", errUsage, err)
	}
	if in.machine, err = applicability.ParseDocument(data); err != nil {
		return nil, fmt.Errorf("%w: -facts: %s: %w", errUsage, name, err)
	}
	client := newClient(in.machine)
	if err := client.Validate(); err != nil {
		return nil, fmt.Errorf("%w: -facts: %s: $.name: %w", errUsage, name, err)
	}
	if opt.wsus != "" {
		if in.wire, err = connect(ctx, opt.wsus, in.machine); err != nil {
			return nil, err
		}
		in.catalog = in.wire.latest
		return in, nil
	}
	if opt.catalog == "" {
		return in, in.loadSample()
	}
	res, documents, err := readMetadata(opt.catalog)
	if err == nil && len(res.Updates) == 0 {
		err = fmt.Errorf("%s: no update metadata in it: want *.sdp or *.xml files", opt.catalog)
	}
	if err == nil {
		in.files, in.documents = res.Files, documents
		in.catalog, err = res.Catalog(1)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: -catalog: %w", errUsage, err)
	}
	return in, nil
}

// readFacts reads a machine document, that of the sample if name is empty.
func readFacts(name string) ([]byte, error) {
	if name == "" {
		return sample.ReadFile("sample/machine.json")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, applicability.MaxDocumentBytes+1))
}

// loadSample reads the two catalogues of the sample: the second is what the
// first becomes when the software update point has synchronized again.
func (in *input) loadSample() error {
	read := func(dir string) (*metadata.Result, [][]byte, error) {
		sub, err := fs.Sub(sample, dir)
		if err != nil {
			return nil, nil, err
		}
		return readFolder(sub, dir)
	}
	first, documents, err := read("sample/catalog-1")
	if err != nil {
		return err
	}
	second, news, err := read("sample/catalog-2")
	if err != nil {
		return err
	}
	in.documents, in.news = documents, news
	in.files = first.Files + second.Files
	if in.catalog, err = wsus.NewCatalog(1, first.Updates); err != nil {
		return err
	}
	in.next, err = wsus.NewCatalog(2, append(append([]wsus.Update{}, first.Updates...), second.Updates...))
	return err
}

// readMetadata reads a file, a folder or a zip of update metadata, and returns
// its documents too.
func readMetadata(name string) (*metadata.Result, [][]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return readFolder(os.DirFS(name), name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if z, err := zip.NewReader(f, info.Size()); err == nil {
		res, err := metadata.ReadZip(f, info.Size(), metadata.Options{Origin: name})
		if err != nil {
			return nil, nil, err
		}
		documents, err := readDocuments(z, res)
		return res, documents, err
	}
	if strings.EqualFold(filepath.Ext(name), ".zip") {
		return nil, nil, fmt.Errorf("%s: not a zip archive", name)
	}
	data, err := io.ReadAll(io.LimitReader(f, metadata.DefaultMaxFileBytes+1))
	if err != nil {
		return nil, nil, err
	}
	updates, err := metadata.Parse(data, metadata.Options{Origin: name})
	return &metadata.Result{Updates: updates, Files: 1}, [][]byte{data}, err
}

// readFolder reads a folder of update metadata and its documents.
func readFolder(fsys fs.FS, name string) (*metadata.Result, [][]byte, error) {
	res, err := metadata.ReadFS(fsys, metadata.Options{Origin: name})
	if err != nil {
		return nil, nil, err
	}
	documents, err := readDocuments(fsys, res)
	return res, documents, err
}

// readDocuments reads the files that updates were read from.
func readDocuments(fsys fs.FS, res *metadata.Result) ([][]byte, error) {
	var documents [][]byte
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || slices.Contains(res.Skipped, name) {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		documents = append(documents, data)
		return err
	})
	return documents, err
}

// explain prints the verdict of one update as a tree.
func explain(ctx context.Context, in *input, opt options, stdout io.Writer) error {
	catalog := in.catalog
	if in.next != nil {
		catalog = in.next
	}
	id, err := findUpdate(catalog, opt.explain)
	if err != nil {
		return fmt.Errorf("%w: -explain: %w", errUsage, err)
	}
	ev, err := applicability.New(applicability.Config{Facts: in.machine.Facts()})
	if err != nil {
		return err
	}
	tree, err := ev.Explain(ctx, catalog, id)
	if err != nil {
		return err
	}
	if !opt.json {
		_, err = io.WriteString(stdout, tree.String())
		return err
	}
	data, err := tree.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = stdout.Write(append(bytes.TrimSpace(data), '\n'))
	return err
}

// findUpdate finds an update by its id, or by a KB article that only one
// update has.
func findUpdate(c *wsus.Catalog, text string) (compliance.UpdateID, error) {
	if id, err := compliance.ParseUpdateID(text); err == nil {
		if _, ok := c.Find(id); !ok {
			return id, fmt.Errorf("update %v is not in the catalogue", id)
		}
		return id, nil
	}
	kb := strings.TrimPrefix(strings.ToUpper(text), "KB")
	var found []compliance.UpdateID
	for i := range c.Len() {
		u := c.At(i)
		for _, a := range u.KBArticles {
			if strings.EqualFold(strings.TrimPrefix(strings.ToUpper(a), "KB"), kb) && len(c.BundledIn(i)) == 0 {
				found = append(found, u.ID)
			}
		}
	}
	if len(found) == 0 {
		return compliance.UpdateID{}, fmt.Errorf("%q is neither an update id nor a KB article of the catalogue", text)
	}
	if len(found) > 1 {
		return compliance.UpdateID{}, fmt.Errorf("KB article %q has %d updates, name one by its id: %s", text, len(found), idList(found))
	}
	return found[0], nil
}

// idList writes ids one after the other, at most five.
func idList(ids []compliance.UpdateID) string {
	var b strings.Builder
	for i, id := range ids {
		if i == 5 {
			b.WriteString(", ...")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(id.String())
	}
	return b.String()
}
