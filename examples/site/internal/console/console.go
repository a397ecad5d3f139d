package console

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/updatescan/updatescan/statemsg/site"
)

// Config configures a Console.
type Config struct {
	// Reader answers the questions. Required.
	Reader site.Reader
	// Update returns the title of an update by its topic id, and whether it has been
	// declined; nil means that none is known, and ids are shown.
	Update func(id string) (title string, declined, ok bool)
	// Now is the site's time, for ages. Required.
	Now func() time.Time
	// Progress says that numbers are about to change, and why; "" means that they are
	// not. The page is then loaded again every two seconds. Nil says "".
	Progress func() string
	// Journal is what happened at the site; nil means that nobody kept it.
	Journal *Journal
	// Logger is told of questions that could not be answered; nil means nobody is.
	Logger *slog.Logger
}

// Console serves the pages. Use New. Safe for concurrent use.
type Console struct {
	cfg   Config
	mux   *http.ServeMux
	pages map[string]*template.Template
}

//go:embed pages
var files embed.FS

// policy is the content security policy of all pages.
const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// New checks the configuration and returns the pages.
func New(cfg Config) (*Console, error) {
	if cfg.Reader == nil || cfg.Now == nil {
		return nil, errors.New("console: a field of the configuration is missing")
	}
	if cfg.Update == nil {
		cfg.Update = func(string) (string, bool, bool) { return "", false, false }
	}
	if cfg.Progress == nil {
		cfg.Progress = func() string { return "" }
	}
	if cfg.Journal == nil {
		cfg.Journal = new(Journal)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Console{cfg: cfg, mux: http.NewServeMux(), pages: make(map[string]*template.Template)}
	base, err := template.New("layout.html").Funcs(words).ParseFS(files, "pages/layout.html", "pages/parts.html")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"overview", "update", "clients", "client", "problems", "error"} {
		page, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if c.pages[name], err = page.ParseFS(files, "pages/"+name+".html"); err != nil {
			return nil, err
		}
	}
	c.mux.HandleFunc("GET /{$}", c.page("overview", "Updates", c.overview))
	c.mux.HandleFunc("GET /update", c.page("update", "Updates", c.update))
	c.mux.HandleFunc("GET /clients", c.page("clients", "Clients", c.clients))
	c.mux.HandleFunc("GET /client", c.page("client", "Clients", c.client))
	c.mux.HandleFunc("GET /problems", c.page("problems", "Problems", c.problems))
	c.mux.HandleFunc("GET /style.css", style)
	c.mux.HandleFunc("GET /", c.page("", "", func(*http.Request) (*view, error) { return nil, errNotFound }))
	return c, nil
}

// ServeHTTP implements http.Handler.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	c.mux.ServeHTTP(w, r)
}

// style serves the style sheet.
func style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "pages/style.css")
}

// errNotFound is the error of a page that is not there.
var errNotFound = errors.New("console: not found")

// view is what the templates show.
type view struct {
	Title string // of the page
	Tab   string // the tab it belongs to
	AsOf  time.Time
	Now   time.Time
	// Progress is why the numbers are about to change; empty when they are not.
	Progress string
	// Data is what the page is about.
	Data any
}

// page answers with a page, or with what went wrong.
func (c *Console) page(name, tab string, ask func(*http.Request) (*view, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		progress := c.cfg.Progress() // before what it is about
		status, show := http.StatusOK, name
		v, err := ask(r)
		if err != nil {
			status, show, v = http.StatusInternalServerError, "error", &view{Title: "The site does not answer", Data: "The question could not be answered. Try again."}
			if errors.Is(err, errNotFound) {
				status, v = http.StatusNotFound, &view{Title: "Not found", Data: "There is nothing at this address."}
			} else if _, ok := errors.AsType[*site.QueryError](err); ok {
				status, v = http.StatusBadRequest, &view{Title: "Not understood", Data: "The address asks for something that cannot be."}
			} else {
				c.cfg.Logger.Error("console: question not answered", "path", r.URL.Path, "error", err)
			}
			progress = ""
		}
		v.Tab, v.Now, v.Progress = tab, c.cfg.Now(), progress
		var body bytes.Buffer
		if err := c.pages[show].Execute(&body, v); err != nil {
			c.cfg.Logger.Error("console: page not written", "path", r.URL.Path, "error", err)
			http.Error(w, "the page could not be written", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		if _, err := body.WriteTo(w); err != nil {
			c.cfg.Logger.Debug("console: reader has gone", "error", err)
		}
	}
}
