// Package api is the language of the private listener: the shapes that its
// answers have as JSON, and a client for them. The server is package admin; what
// every answer means is told by GET /api/openapi.json.
//
//	c, err := api.NewClient("127.0.0.1:9090", token)
//	var plugins api.Plugins
//	err = c.Call(ctx, http.MethodGet, "/api/plugins", nil, &plugins)
//
// The package decides nothing and prints nothing.
package api
