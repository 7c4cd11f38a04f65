package serve

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
)

// errGone is why work ends that nobody waits for any more.
var errGone = errors.New("the client has gone")

// look is how often a connection is looked at while somebody waits for long work.
const look = 500 * time.Millisecond

// whileThere returns a context that ends when the client closes its connection,
// which fasthttp below does not notice before it writes, and that of long work also
// when the host is to stop. done ends the watch and waits for that.
func (s *Server) whileThere(c *fiber.Ctx, long bool) (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	stopping := context.Background()
	if long {
		stopping = s.life
	}
	raw := rawOf(c.Context().Conn())
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(look)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if raw != nil && gone(raw) {
					cancel(errGone)
				}
			case <-stopping.Done():
				cancel(context.Cause(stopping))
			case <-ctx.Done():
				return
			}
		}
	})
	return ctx, func() {
		cancel(nil)
		watching.Wait()
	}
}

// rawOf returns the socket of a connection, nil if it has none.
func rawOf(c net.Conn) syscall.RawConn {
	if known, ok := c.(*conn); ok {
		c = known.Conn
	}
	socket, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}
