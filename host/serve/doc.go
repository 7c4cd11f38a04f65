// Package serve answers visitors: it is the public listener.
//
// A request goes one way: its path is brought into the one canonical spelling,
// looked up among the files of public/ and then in the route table, and the
// page is asked for from the engine. What comes back is written with the headers that
// SEMANTICS D and E promise. The package decides nothing about freshness and
// runs no guest.
//
// The query, cookies and other headers of a request never choose a page (S24).
package serve
