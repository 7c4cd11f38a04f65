// Package dev serves a site while people write it: `wisr dev`.
//
// Every request makes its page anew and nothing is kept (S150). A change of a
// source file rebuilds its plugin, swaps it in and reloads the browsers that show
// the site; a change that does not build is shown there and in the terminal, and the
// last version that worked goes on serving (S151).
//
// The package has no part in `wisr start`.
package dev
