package admin

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/signature"
)

const (
	// maxModule is how large a module may be: five times the largest that a
	// language's tools are known to make for a page.
	maxModule   = 100 << 20
	maxManifest = 1 << 20
	// maxUpload leaves room for what is between the parts.
	maxUpload = maxModule + maxManifest + signature.MaxSize + 64<<10
	// uploadTime is how long sending may take: 100 MB at 350 KB/s.
	uploadTime = 5 * time.Minute
	// uploads is how many may be in memory at once.
	uploads = 2
)

// load takes in a version of a plugin and makes it active if it passes.
func (s *Server) load(w http.ResponseWriter, r *http.Request) error {
	opt, err := installOptions(r)
	if err != nil {
		return err
	}
	select {
	case s.uploading <- struct{}{}:
		defer func() { <-s.uploading }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	// It is not there for recorders of tests alone.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	var sent *registry.Bundle
	if !s.opt.Registry.Behind(func() { sent, err = receive(r) }) {
		err = registry.ErrClosed
	}
	if err != nil {
		return s.refused(err)
	}
	name := r.PathValue("name")
	opt.Progress = func(p registry.Progress) {
		s.opt.Events.Publish(api.Event{Type: api.EventProgress, Plugin: name, Reason: p.Step, Message: step(p)})
	}
	report, err := s.opt.Registry.Install(r.Context(), name, *sent, opt)
	if err != nil {
		return s.refused(err)
	}
	reply(w, http.StatusOK, report)
	return nil
}

func installOptions(r *http.Request) (opt registry.InstallOptions, err error) {
	switch trial := r.URL.Query().Get("trial"); trial {
	case "":
	case "skip":
		opt.SkipTrial = true
	default:
		return opt, badRequest("trial is "+strconv.Quote(trial), "leave it out, or say trial=skip in an emergency")
	}
	return opt, nil
}

// steps are the registry's, in words.
var steps = map[string]string{"check": "checking", "compile": "compiling", "try": "trying it on live pages", "swap": "going live"}

// step is how far a version is.
func step(p registry.Progress) string {
	text := steps[p.Step]
	if p.Of > 0 {
		text += fmt.Sprintf(": %d of %d", p.Done, p.Of)
	}
	return text
}

const uploadBuffer = 256 << 10

type readCloser struct {
	io.Reader
	io.Closer
}

// receive reads the parts of an upload, each at most once and within its bound.
func receive(r *http.Request) (*registry.Bundle, error) {
	// The parts are read by 4 KB, each a call of the system.
	r.Body = readCloser{bufio.NewReaderSize(r.Body, uploadBuffer), r.Body}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, badRequest(err.Error(), "send multipart/form-data with the parts manifest and module: curl -T is not enough, curl -F is")
	}
	sent := new(registry.Bundle)
	into := map[string]*[]byte{api.PartManifest: &sent.Manifest, api.PartModule: &sent.Module, api.PartSignature: &sent.Signature}
	limits := map[string]int64{api.PartManifest: maxManifest, api.PartModule: maxModule, api.PartSignature: signature.MaxSize}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, unreadable(err)
		}
		name := part.FormName()
		dest := into[name]
		switch {
		case dest == nil:
			return nil, badRequest("there is no part "+strconv.Quote(name), "the parts are manifest, module and signature")
		case *dest != nil:
			return nil, badRequest("the part "+name+" is there twice", "send it once")
		}
		var room int64
		if name == api.PartModule {
			room = r.ContentLength // nearly all of the request, if it tells
		}
		if *dest, err = readPart(part, room, limits[name]); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{api.PartManifest, api.PartModule} {
		if *into[name] == nil {
			return nil, badRequest("the part "+name+" is missing", "send plugin.toml as manifest and the .wasm file as module")
		}
	}
	return sent, nil
}

// readPart reads a part into what room there is to be for it; it grows as needed.
func readPart(part *multipart.Part, room, limit int64) ([]byte, error) {
	content := bytes.NewBuffer(make([]byte, 0, max(min(room, limit), 0)+bytes.MinRead))
	if _, err := content.ReadFrom(io.LimitReader(part, limit+1)); err != nil {
		return nil, unreadable(err)
	}
	if int64(content.Len()) > limit {
		return nil, tooLarge(fmt.Sprintf("the part %s has more than %d bytes", part.FormName(), limit))
	}
	return content.Bytes(), nil
}

// unreadable tells of a body that ended in the middle, or went on too long.
func unreadable(err error) error {
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return tooLarge(fmt.Sprintf("the request has more than %d bytes", long.Limit))
	}
	return badRequest("the upload cannot be read: "+err.Error(), "send it again")
}

func tooLarge(message string) error {
	return &api.Problem{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: message, Fix: "make the module smaller: strip it, or build it without debug information"}
}
