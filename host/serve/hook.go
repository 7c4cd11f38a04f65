package serve

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"github.com/wisr-dev/wisr/host/demand"
	"github.com/wisr-dev/wisr/host/webhook"
)

// Hook is what a content system may call, and what its deliveries do.
type Hook struct {
	*webhook.Hook
	Plugin string // only its pages; "": all
	Mode   demand.Mode
}

// hook answers {base}/_wisr/hooks/{name}. A delivery is dealt with once it was
// found to be genuine, new and whole; one that comes to nothing may come again.
//
// The answer is package demand's. It is 200 also where a path is unknown, which
// its results say: the sender did what it should, and most of them turn a webhook
// off that fails too often. If a page failed it is 500, so that the sender tries again.
func (s *Server) hook(c *fiber.Ctx, name string) error {
	hook, ok := s.opt.Hooks[name]
	if !ok || s.opt.Revalidate == nil {
		return s.notFound(c.Context(), "")
	}
	if c.Method() != fiber.MethodPost {
		c.Response().Header.Set(fiber.HeaderAllow, fiber.MethodPost)
		return refusal(c, fiber.StatusMethodNotAllowed, "Method Not Allowed")
	}
	path, _ := split(c.Request().Header.RequestURI())
	delivery := webhook.Delivery{
		Method: c.Method(),
		Path:   path,
		Header: func(name string) string { return c.Get(name) },
		Body:   c.Request().Body(), // as sent: fiber's Body would unpack it
	}
	var signature webhook.Signature
	if !s.admit(c, func() (genuine bool) {
		signature, genuine = hook.Verify(delivery)
		return genuine
	}) {
		return nil // it is answered
	}
	if err := hook.Claim(signature); err != nil {
		return refusal(c, fiber.StatusConflict, err.Error())
	}
	answer, err := s.deliver(hook, delivery.Body)
	if err != nil {
		hook.Release(signature)
		status := fiber.StatusUnprocessableEntity
		if errors.Is(err, webhook.ErrBody) {
			status = fiber.StatusBadRequest
		}
		return refusal(c, status, err.Error())
	}
	status := fiber.StatusOK
	if answer.Status() >= fiber.StatusInternalServerError {
		hook.Release(signature)
		status = answer.Status()
	}
	c.Response().Header.Set(fiber.HeaderCacheControl, noStore)
	c.Status(status)
	return c.JSON(answer)
}

// deliver does what a delivery asks for. On an error nothing was done.
func (s *Server) deliver(hook Hook, body []byte) (*demand.Answer, error) {
	names, err := hook.Names(body)
	if err != nil {
		return nil, err
	}
	request := demand.Request{Paths: names.Paths, Tags: names.Tags, Sources: names.Sources, Plugin: hook.Plugin, Mode: hook.Mode}
	if hook.Templates() && len(names.Paths)+len(names.Tags)+len(names.Sources) == 0 {
		// Its lists are empty. The plugin alone would be all of its pages.
		return &demand.Answer{Revalidated: true, Results: []demand.Result{}, Counts: map[demand.Outcome]int{}}, nil
	}
	// Who has delivered need not wait for what they asked for to be done.
	return s.opt.Revalidate.Do(context.Background(), request, nil)
}
