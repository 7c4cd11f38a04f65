package admin

import (
	_ "embed" // for openapi.json
	"net/http"
)

// document describes all routes (OpenAPI 3.1). A test holds it against them.
//
//go:embed openapi.json
var document []byte

// openAPI answers with the document.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	// The client has gone if this fails, and there is nobody to tell.
	_, _ = w.Write(document)
	return nil
}
