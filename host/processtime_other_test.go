//go:build !unix

package host

import "time"

func processTime() time.Duration { return 0 }
