// Package scaffold makes new sites, and new pages in sites that are there, from
// templates in every language that wisr has a library for.
//
//	made, err := scaffold.Site("shop", language)   // a home page and a page with a parameter
//	made, err = scaffold.Page("shop", "shop/plugins", "about", language)
//
// What it makes builds without a network where the language's own tools do: the
// library is copied from this program into the folder sdk of the site.
//
// It writes new files only: what is there is never changed, and if one of the new
// ones is in the way, or writing fails, nothing of them stays. It runs no
// program: what has to be installed is for its caller to tell.
package scaffold
